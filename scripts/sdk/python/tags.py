from huaweicloudsdkkms.v2 import Tag, TagItem

from kms import same


def pairs(items):
    return sorted((item.key, item.value) for item in items)


def of_key(kms, _settings):
    key_id = kms.create_key("py-tags")
    kms.call("create_kms_tag", key_id=key_id, tag=TagItem("stage", "test"))
    kms.call("create_kms_tag", key_id=key_id, tag=TagItem("stage", "live"))
    more = [TagItem("owner", "alice"), TagItem("用途", "测试")]
    kms.call("batch_create_kms_tags", key_id=key_id, action="create", tags=more)
    shown = kms.call("show_kms_tags", key_id=key_id)
    wanted = [("owner", "alice"), ("stage", "live"), ("用途", "测试")]
    same(pairs(shown.tags), wanted, "the tags")
    same(shown.exist_tags_num, 3, "existTagsNum")
    kms.call("delete_tag", key_id=key_id, key="stage")
    kms.call("delete_tag", key_id=key_id, key="用途")
    kms.refused("KMS.0416", 404, "delete_tag", key_id=key_id, key="stage")
    kms.call(
        "batch_create_kms_tags", key_id=key_id, action="delete", tags=[TagItem("owner", "alice")]
    )
    same(kms.call("show_kms_tags", key_id=key_id).exist_tags_num, 0, "existTagsNum")
    kms.refused(
        "KMS.0411", 400, "create_kms_tag", key_id=key_id, tag=TagItem("k" * 37, "v")
    )
    kms.refused("KMS.0404", 400, "batch_create_kms_tags", key_id=key_id, action="x", tags=more)


def queries(kms, _settings):
    ids = [kms.create_key(f"py-query-{number}") for number in range(3)]
    for number, key_id in enumerate(ids):
        kms.call("create_kms_tag", key_id=key_id, tag=TagItem("q", f"v{number}"))
    used = {tag.key: tag.values for tag in kms.call("list_kms_tags").tags}
    same(sorted(used["q"]), ["v0", "v1", "v2"], "the values in use")
    query = {"resource_instances": "resource_instances", "tags": [Tag("q", ["v0", "v1"])]}
    found, offset = [], 0
    while True:
        page = kms.call(
            "list_kms_by_tags", action="filter", limit="1", offset=str(offset), **query
        )
        same(page.total_count, 2, "total_count")
        if not page.resources:
            break
        found += page.resources
        offset += 1
    same([hit.resource_id for hit in found], ids[:2], "the keys found")
    same(found[0].resource_name, "py-query-0", "resource_name")
    same(found[0].resource_detail.key_state, "2", "the state among the details")
    same(pairs(found[0].tags), [("q", "v0")], "the tags of a key found")
    same(kms.call("list_kms_by_tags", action="count", **query).total_count, 2, "the count")
    matched = kms.call(
        "list_kms_by_tags",
        resource_instances="resource_instances",
        action="count",
        matches=[TagItem("resource_name", "py-query-")],
    )
    same(matched.total_count, 3, "the count by name")
    kms.refused("KMS.0404", 400, "list_kms_by_tags", **query, action="x")
    kms.refused("KMS.1601", 400, "list_kms_by_tags", **query, action="filter", limit="1001")


STEPS = [of_key, queries]
