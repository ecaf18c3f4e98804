from kms import is_text, same

UNKNOWN = "0" * 64


def grants(kms, _settings):
    key_id = kms.create_key("py-grants")
    first = kms.call(
        "create_grant",
        key_id=key_id,
        grantee_principal="alice",
        operations=["create-datakey", "decrypt-datakey"],
        name="first",
    ).grant_id
    is_text(first, r"[0-9a-f]{64}", "grant_id")
    seen = kms.call("list_grants", key_id=key_id).grants[0]
    same((seen.grant_id, seen.key_id), (first, key_id), "the ids")
    same((seen.grantee_principal, seen.grantee_principal_type), ("alice", "user"), "the grantee")
    same(sorted(seen.operations), ["create-datakey", "decrypt-datakey"], "the operations")
    same(seen.name, "first", "the name")
    is_text(seen.creation_date, r"\d{13}", "creation_date")
    caller = seen.issuing_principal
    second = kms.call(
        "create_grant",
        key_id=key_id,
        grantee_principal="bob",
        operations=["describe-key"],
        retiring_principal=caller,
    ).grant_id
    same(all_grants(kms, "list_grants", key_id=key_id), [first, second], "the grants")
    retirable = all_grants(kms, "list_retirable_grants")
    same(retirable, [second], "the grants that can be retired")
    kms.call("cancel_self_grant", key_id=key_id, grant_id=second)
    kms.refused("KMS.2501", 400, "cancel_self_grant", key_id=key_id, grant_id=second)
    kms.call("cancel_grant", key_id=key_id, grant_id=first)
    kms.refused("KMS.2501", 400, "cancel_grant", key_id=key_id, grant_id=UNKNOWN)
    same(kms.call("list_grants", key_id=key_id).total, 0, "the number of grants")


def all_grants(kms, operation, **fields):
    """Pages of one grant each, to the end."""
    found, marker = [], None
    while marker != "":
        page = kms.call(operation, limit="1", marker=marker, **fields)
        same(page.truncated, "true" if page.next_marker else "false", "truncated")
        found += [grant.grant_id for grant in page.grants]
        marker = page.next_marker
    same(len(found), page.total, "total")
    return found


def refusals(kms, _settings):
    key_id = kms.create_key("py-no-grants")
    fields = {"key_id": key_id, "grantee_principal": "alice"}
    kms.refused("KMS.2401", 400, "create_grant", operations=["create-grant"], **fields)
    kms.refused("KMS.2401", 400, "create_grant", operations=["fly"], **fields)
    kms.refused(
        "KMS.2402",
        400,
        "create_grant",
        key_id=key_id,
        grantee_principal="not ok",
        operations=["describe-key"],
    )
    kms.refused("KMS.1601", 400, "list_grants", key_id=key_id, limit="x")
    kms.refused("KMS.1602", 400, "list_retirable_grants", marker="x")


STEPS = [grants, refusals]
