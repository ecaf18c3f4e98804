from kms import expect, same


def regions(kms, settings):
    listed = kms.call("list_support_regions").regions
    same(listed, [settings["region"]], "the regions")
    same(kms.call("list_support_regions", offset=1).regions, [], "the page after the last one")


def replicas(kms, settings):
    """Keys that leave no token have no replica: the refusal says so."""
    key_id = kms.create_key("py-replica")
    sentence = kms.refused(
        "KMS.3801",
        400,
        "replicate_key",
        key_id=key_id,
        replica_region="eu-west-102",
        key_alias="py-replica",
        replica_project_id=kms.project_id,
    )
    expect(len(sentence) > 20, "the refusal does not say why")
    kms.refused(
        "KMS.3801",
        400,
        "update_primary_region",
        key_id=key_id,
        primary_region="eu-west-102",
    )


STEPS = [regions, replicas]
