package main

import (
	"fmt"
	"sort"
)

func grants(kms *Kms, _ Settings) {
	id := kms.key("go-grants", nil)
	first := text(kms.call("CreateGrant", M{
		"key_id": id, "grantee_principal": "alice", "operations": []string{"create-datakey"}, "name": "first",
	}), "grant_id")
	matches(first, "[0-9a-f]{64}", "grant_id")
	seen := at(kms.call("ListGrants", M{"key_id": id}), "grants", 0)
	same(at(seen, "grantee_principal"), "alice", "grantee_principal")
	same(at(seen, "operations"), []any{"create-datakey"}, "operations")
	matches(at(seen, "creation_date"), millis, "creation_date")
	second := text(kms.call("CreateGrant", M{
		"key_id": id, "grantee_principal": "bob", "operations": []string{"describe-key"},
		"retiring_principal": at(seen, "issuing_principal"),
	}), "grant_id")
	same(kms.allGrants("ListGrants", M{"key_id": id}), []string{first, second}, "the grants")
	same(kms.allGrants("ListRetirableGrants", M{}), []string{second}, "the grants that can be retired")
	kms.call("CancelSelfGrant", M{"key_id": id, "grant_id": second})
	kms.call("CancelGrant", M{"key_id": id, "grant_id": first})
	kms.refused("KMS.2501", 400, "CancelGrant", M{"key_id": id, "grant_id": first})
	same(at(kms.call("ListGrants", M{"key_id": id}), "total"), 0.0, "total")
}

// allGrants reads pages of one grant each, to the end.
func (kms *Kms) allGrants(operation string, fields M) []string {
	found, marker := []string{}, ""
	for {
		page := kms.call(operation, with(fields, M{"limit": "1", "marker": marker}))
		found = append(found, column(at(page, "grants"), "grant_id")...)
		marker = text(page, "next_marker")
		same(at(page, "truncated"), fmt.Sprint(marker != ""), "truncated")
		if marker == "" {
			same(at(page, "total"), float64(len(found)), "total")
			return found
		}
	}
}

func tags(kms *Kms, _ Settings) {
	id := kms.key("go-tags", nil)
	kms.call("CreateKmsTag", M{"key_id": id, "tag": M{"key": "stage", "value": "test"}})
	more := []M{{"key": "owner", "value": "alice"}, {"key": "用途", "value": "测试"}}
	kms.call("BatchCreateKmsTags", M{"key_id": id, "action": "create", "tags": more})
	shown := kms.call("ShowKmsTags", M{"key_id": id})
	same(at(shown, "existTagsNum"), 3.0, "existTagsNum")
	keys := column(at(shown, "tags"), "key")
	sort.Strings(keys)
	same(keys, []string{"owner", "stage", "用途"}, "the tags")
	kms.call("DeleteTag", M{"key_id": id, "key": "用途"})
	kms.refused("KMS.0416", 404, "DeleteTag", M{"key_id": id, "key": "用途"})
	same(at(kms.call("ShowKmsTags", M{"key_id": id}), "existTagsNum"), 2.0, "existTagsNum")
}

func tagQueries(kms *Kms, _ Settings) {
	ids := []string{}
	for number := 0; number < 3; number++ {
		id := kms.key(fmt.Sprint("go-query-", number), nil)
		kms.call("CreateKmsTag", M{"key_id": id, "tag": M{"key": "q", "value": fmt.Sprint("v", number)}})
		ids = append(ids, id)
	}
	used := at(kms.call("ListKmsTags", M{}), "tags")
	expect(len(column(used, "key")) >= 1, "no tag is in use")
	query := M{
		"resource_instances": "resource_instances",
		"tags":               []M{{"key": "q", "values": []string{"v0", "v1"}}},
	}
	for offset := 0; offset < 3; offset++ {
		paging := M{"action": "filter", "limit": "1", "offset": fmt.Sprint(offset)}
		page := kms.call("ListKmsByTags", with(query, paging))
		same(at(page, "total_count"), 2.0, "total_count")
		if offset < 2 {
			same(column(at(page, "resources"), "resource_id"), ids[offset:offset+1], "the key found")
			same(at(page, "resources", 0, "resource_detail", "key_state"), "2", "key_state")
		} else {
			expect(at(page, "resources") == nil || len(column(at(page, "resources"), "resource_id")) == 0, "more keys")
		}
	}
	same(at(kms.call("ListKmsByTags", with(query, M{"action": "count"})), "total_count"), 2.0, "total_count")
}

func aliases(kms *Kms, settings Settings) {
	first, second := kms.key("go-alias-a", nil), kms.key("go-alias-b", nil)
	made := kms.call("CreateAlias", M{"key_id": first, "alias": "alias/go-app"})
	same(at(made, "alias"), "alias/go-app", "alias")
	urn := fmt.Sprintf("kms:%s:%s:alias:go-app", settings.Region, text(made, "domain_id"))
	same(at(made, "alias_urn"), urn, "alias_urn")
	matches(at(made, "create_time"), moment, "create_time")
	// This SDK reads the form of the documents, an array, and no other.
	listed := at(kms.call("ListAliases", M{"key_id": first}), "body", 0)
	same(column(at(listed, "aliases"), "alias"), []string{"alias/go-app"}, "the aliases of the key")
	same(at(listed, "page_info", "current_count"), 1.0, "current_count")
	same(at(kms.details("alias/go-app"), "key_id"), first, "the key behind the alias")
	moved := kms.call("AssociateAlias", M{"alias": "alias/go-app", "target_key_id": second})
	same(at(moved, "key_id"), second, "the new key")
	same(at(kms.details(urn), "key_id"), second, "the key behind the alias")
	kms.call("DeleteAlias", M{"key_id": second, "aliases": []string{"alias/go-app"}})
	kms.refused("KMS.0207", 404, "ListKeyDetail", M{"key_id": "alias/go-app"})
}

func keystores(kms *Kms, settings Settings) {
	fields := M{
		"keystore_alias": "go-keystore", "hsm_cluster_id": settings.Cluster, "hsm_ca_cert": "not needed here",
	}
	id := text(kms.call("CreateKeyStore", fields), "keystore", "keystore_id")
	shown := at(kms.call("ShowKeyStore", M{"keystore_id": id}), "keystore")
	same(at(shown, "keystore_alias"), "go-keystore", "keystore_alias")
	same(at(shown, "hsm_cluster_id"), settings.Cluster, "hsm_cluster_id")
	matches(at(shown, "create_time"), millis, "create_time")
	listed := kms.call("ListKeyStores", M{"limit": 10, "offset": 0})
	same(column(at(listed, "keystores"), "keystore_id"), []string{id}, "the keystores")
	same(at(listed, "total"), 1.0, "total")
	enabled := kms.call("EnableKeyStore", M{"keystore_id": id})
	same(at(enabled, "keystore"), M{"keystore_id": id, "keystore_state": "2"}, "the enabled keystore")
	disabled := kms.call("DisableKeyStore", M{"keystore_id": id})
	same(at(disabled, "keystore"), M{"keystore_id": id, "keystore_state": "3"}, "the disabled keystore")
	kms.call("DeleteKeyStore", M{"keystore_id": id})
	kms.refused("KMS.8003", 400, "ShowKeyStore", M{"keystore_id": id})
}

// regions: keys that leave no token have no replica, and the refusal says so.
func regions(kms *Kms, settings Settings) {
	listed := kms.call("ListSupportRegions", M{})
	same(at(listed, "regions"), []any{settings.Region}, "the regions")
	id := kms.key("go-replica", nil)
	kms.refused("KMS.3801", 400, "ReplicateKey", M{
		"key_id": id, "replica_region": "eu-west-102", "key_alias": "go-replica", "replica_project_id": settings.ProjectID,
	})
	kms.refused("KMS.3801", 400, "UpdatePrimaryRegion", M{"key_id": id, "primary_region": "eu-west-102"})
}
