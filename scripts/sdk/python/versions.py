from kms import is_text, same


def versions(kms, _settings):
    listed = kms.call("show_versions").versions
    same([version.id for version in listed], ["v1.0"], "the list of versions")
    same(listed[0].status, "CURRENT", "the status")
    same(listed[0].links[0].rel, "self", "the relation of the link")
    is_text(listed[0].updated, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "updated")
    version = kms.call("show_version", version_id="v1.0").version
    same(version["id"], "v1.0", "the version")
    kms.refused("KMS.0201", 404, "show_version", version_id="v9.9")


STEPS = [versions]
