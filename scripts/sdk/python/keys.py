from kms import expect, is_text, same

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def creation(kms, settings):
    info = kms.call("create_key", key_alias="py-keys", key_description="made by a test").key_info
    is_text(info.key_id, UUID, "key_id")
    same(info.region_id, settings["region"], "region_id")
    details = kms.call("list_key_detail", key_id=info.key_id).key_info
    same(details.key_id, info.key_id, "key_id")
    same(details.domain_id, info.domain_id, "domain_id")
    same(details.key_alias, "py-keys", "key_alias")
    same(details.key_description, "made by a test", "key_description")
    same(details.realm, settings["region"], "realm")
    same((details.key_state, details.default_key_flag), ("2", "0"), "state and flag")
    same((details.key_spec, details.key_usage), ("AES_256", "ENCRYPT_DECRYPT"), "kind of key")
    same(details.origin, "kms", "origin")
    is_text(details.creation_date, r"\d{13}", "creation_date")
    kms.refused("KMS.1104", 400, "create_key", key_alias="py-keys")
    kms.refused("KMS.1101", 400, "create_key", key_alias="not ok")
    kms.refused("KMS.1110", 400, "create_key", key_alias="py-x", key_spec="AES_512")
    kms.refused("KMS.0207", 404, "list_key_detail", key_id=UNKNOWN)


def states(kms, _settings):
    key_id = kms.create_key("py-states")
    info = kms.call("disable_key", key_id=key_id).key_info
    same((info.key_id, info.key_state), (key_id, "3"), "the disabled key")
    kms.refused("KMS.1301", 400, "disable_key", key_id=key_id)
    kms.refused("KMS.0209", 400, "create_datakey", key_id=key_id)
    info = kms.call("enable_key", key_id=key_id).key_info
    same((info.key_id, info.key_state), (key_id, "2"), "the enabled key")
    kms.refused("KMS.1201", 400, "enable_key", key_id=key_id)


def names(kms, _settings):
    key_id = kms.create_key("py-names")
    info = kms.call("update_key_alias", key_id=key_id, key_alias="py-renamed").key_info
    same((info.key_id, info.key_alias), (key_id, "py-renamed"), "the renamed key")
    kms.refused("KMS.1104", 400, "update_key_alias", key_id=key_id, key_alias="py-states")
    info = kms.call("update_key_description", key_id=key_id, key_description="über").key_info
    same((info.key_id, info.key_description), (key_id, "über"), "the described key")
    kms.refused(
        "KMS.1103", 400, "update_key_description", key_id=key_id, key_description="x" * 256
    )
    details = kms.call("list_key_detail", key_id=key_id).key_info
    same((details.key_alias, details.key_description), ("py-renamed", "über"), "the key")


def deletion(kms, _settings):
    key_id = kms.create_key("py-deletion")
    kms.refused("KMS.1401", 400, "delete_key", key_id=key_id, pending_days="6")
    kms.refused("KMS.1501", 400, "cancel_key_deletion", key_id=key_id)
    answer = kms.call("delete_key", key_id=key_id, pending_days="7")
    same((answer.key_id, answer.key_state), (key_id, "4"), "the scheduled key")
    is_text(
        kms.call("list_key_detail", key_id=key_id).key_info.scheduled_deletion_date,
        r"\d{13}",
        "scheduled_deletion_date",
    )
    kms.refused("KMS.1402", 400, "delete_key", key_id=key_id, pending_days="7")
    kms.refused("KMS.0210", 400, "create_datakey", key_id=key_id)
    answer = kms.call("cancel_key_deletion", key_id=key_id)
    same((answer.key_id, answer.key_state), (key_id, "3"), "the saved key")


def lists(kms, _settings):
    for number in range(3):
        kms.create_key(f"py-list-{number}")
    found, marker, pages = [], None, 0
    while marker != "":
        page = kms.call("list_keys", limit="2", marker=marker, key_spec="ALL")
        expect(isinstance(page.total, int), "total is no number")
        same([details.key_id for details in page.key_details], page.keys, "the order")
        same(page.truncated, "true" if page.next_marker else "false", "truncated")
        found += page.keys
        marker, pages = page.next_marker, pages + 1
    same(len(set(found)), page.total, "the number of keys")
    same(pages, -(-page.total // 2), "the number of pages")
    disabled = kms.call("list_keys", key_state="3", key_spec="ALL").key_details
    expect(disabled and all(key.key_state == "3" for key in disabled), "key_state is no filter")
    kms.refused("KMS.1601", 400, "list_keys", limit="x")
    kms.refused("KMS.1602", 400, "list_keys", marker="x")
    same(kms.call("show_user_instances").instance_num, page.total, "instance_num")
    quotas = {entry.type: entry for entry in kms.call("show_user_quotas").quotas.resources}
    same(sorted(quotas), ["CMK", "grant_per_CMK"], "the quotas")
    same(quotas["CMK"].used, page.total, "the used quota of keys")
    same(quotas["grant_per_CMK"].quota, 100, "the quota of grants")


STEPS = [creation, states, names, deletion, lists]
