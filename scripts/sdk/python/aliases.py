from kms import is_text, same

MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def aliases(kms, settings):
    first, second = kms.create_key("py-alias-a"), kms.create_key("py-alias-b")
    made = kms.call("create_alias", key_id=first, alias="alias/py-app")
    same((made.key_id, made.alias), (first, "alias/py-app"), "the alias")
    same(
        made.alias_urn,
        f"kms:{settings['region']}:{made.domain_id}:alias:py-app",
        "alias_urn",
    )
    is_text(made.create_time, MOMENT, "create_time")
    is_text(made.update_time, MOMENT, "update_time")
    kms.refused("KMS.1104", 400, "create_alias", key_id=second, alias="alias/py-app")
    kms.call("create_alias", key_id=first, alias="alias/py-spare")
    same(names(kms, key_id=first), ["alias/py-app", "alias/py-spare"], "the aliases of the key")

    def key_behind(reference):
        return kms.call("list_key_detail", key_id=reference).key_info.key_id

    same([key_behind("alias/py-app"), key_behind(made.alias_urn)], [first, first], "the key")
    moved = kms.call("associate_alias", alias="alias/py-app", target_key_id=second)
    same((moved.key_id, moved.alias), (second, "alias/py-app"), "the moved alias")
    same(key_behind("alias/py-app"), second, "the key after the move")
    kms.call("delete_alias", key_id=second, aliases=["alias/py-app"])
    kms.refused("KMS.0207", 404, "list_key_detail", key_id="alias/py-app")
    same(names(kms), ["alias/py-spare"], "all aliases")


def names(kms, **fields):
    """Pages of one alias each, to the end."""
    found, marker = [], None
    while True:
        (page,) = kms.call("list_aliases", limit="1", marker=marker, **fields).body
        same(page.page_info.current_count, len(page.aliases), "current_count")
        found += [alias.alias for alias in page.aliases]
        marker = page.page_info.next_marker
        if not marker:
            return sorted(found)


STEPS = [aliases]
