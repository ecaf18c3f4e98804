package main

import "fmt"

const (
	uuid    = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`
	unknown = "00000000-0000-4000-8000-000000000000"
	millis  = `\d{13}`
	moment  = `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`
)

func versions(kms *Kms, _ Settings) {
	listed := kms.call("ShowVersions", M{})
	same(column(at(listed, "versions"), "id"), []string{"v1.0"}, "the list of versions")
	shown := kms.call("ShowVersion", M{"version_id": "v1.0"})
	same(at(shown, "version", "id"), "v1.0", "the version")
	kms.refused("KMS.0201", 404, "ShowVersion", M{"version_id": "v9.9"})
}

// key makes a key and returns its id.
func (kms *Kms) key(alias string, fields M) string {
	return text(kms.call("CreateKey", with(fields, M{"key_alias": alias})), "key_info", "key_id")
}

func (kms *Kms) details(id string) any {
	return at(kms.call("ListKeyDetail", M{"key_id": id}), "key_info")
}

func creation(kms *Kms, settings Settings) {
	made := at(kms.call("CreateKey", M{"key_alias": "go-keys", "key_description": "made by a test"}), "key_info")
	matches(at(made, "key_id"), uuid, "key_id")
	details := kms.details(text(made, "key_id"))
	wanted := M{
		"key_id": at(made, "key_id"), "domain_id": at(made, "domain_id"), "key_alias": "go-keys",
		"realm": settings.Region, "key_description": "made by a test", "key_state": "2",
		"default_key_flag": "0", "key_spec": "AES_256", "key_usage": "ENCRYPT_DECRYPT", "origin": "kms",
	}
	for member, value := range wanted {
		same(at(details, member), value, member)
	}
	matches(at(details, "creation_date"), millis, "creation_date")
	kms.refused("KMS.1104", 400, "CreateKey", M{"key_alias": "go-keys"})
	kms.refused("KMS.0207", 404, "ListKeyDetail", M{"key_id": unknown})
}

func states(kms *Kms, _ Settings) {
	id := kms.key("go-states", nil)
	same(at(kms.call("DisableKey", M{"key_id": id}), "key_info"), M{"key_id": id, "key_state": "3"}, "the key")
	kms.refused("KMS.1301", 400, "DisableKey", M{"key_id": id})
	same(at(kms.call("EnableKey", M{"key_id": id}), "key_info"), M{"key_id": id, "key_state": "2"}, "the key")
	kms.refused("KMS.1201", 400, "EnableKey", M{"key_id": id})
}

func names(kms *Kms, _ Settings) {
	id := kms.key("go-names", nil)
	renamed := kms.call("UpdateKeyAlias", M{"key_id": id, "key_alias": "go-renamed"})
	same(at(renamed, "key_info"), M{"key_id": id, "key_alias": "go-renamed"}, "the renamed key")
	described := kms.call("UpdateKeyDescription", M{"key_id": id, "key_description": "über"})
	same(at(described, "key_info"), M{"key_id": id, "key_description": "über"}, "the described key")
	kms.refused("KMS.1101", 400, "UpdateKeyAlias", M{"key_id": id, "key_alias": "not ok"})
}

func deletion(kms *Kms, _ Settings) {
	id := kms.key("go-deletion", nil)
	kms.refused("KMS.1401", 400, "DeleteKey", M{"key_id": id, "pending_days": "1097"})
	kms.refused("KMS.1501", 400, "CancelKeyDeletion", M{"key_id": id})
	scheduled := kms.call("DeleteKey", M{"key_id": id, "pending_days": "7"})
	same(scheduled, M{"key_id": id, "key_state": "4"}, "the scheduled key")
	matches(at(kms.details(id), "scheduled_deletion_date"), millis, "scheduled_deletion_date")
	same(kms.call("CancelKeyDeletion", M{"key_id": id}), M{"key_id": id, "key_state": "3"}, "the saved key")
}

func lists(kms *Kms, _ Settings) {
	found, marker := []string{}, ""
	var total any
	for {
		page := kms.call("ListKeys", M{"limit": "2", "marker": marker, "key_spec": "ALL"})
		found = append(found, column(at(page, "key_details"), "key_id")...)
		total = at(page, "total")
		marker = text(page, "next_marker")
		same(at(page, "truncated"), fmt.Sprint(marker != ""), "truncated")
		if marker == "" {
			break
		}
	}
	same(float64(len(found)), total, "the number of keys")
	same(at(kms.call("ShowUserInstances", M{}), "instance_num"), total, "instance_num")
	resources := at(kms.call("ShowUserQuotas", M{}), "quotas", "resources")
	same(column(resources, "type"), []string{"CMK", "grant_per_CMK"}, "the quotas")
	same(at(resources, 0, "used"), total, "the used quota of keys")
	kms.refused("KMS.1601", 400, "ListKeys", M{"limit": "x"})
}
