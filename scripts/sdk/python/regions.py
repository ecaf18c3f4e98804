import huaweicloudsdkkms.v2 as sdk
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.region.region import Region
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


def project_by_region(kms, settings):
    """Credentials without a project id: the SDK asks for the project that has the name of its region."""
    signer = BasicCredentials(settings["access_key_id"], settings["secret_access_key"])
    client = (
        sdk.KmsClient.new_builder()
        .with_credentials(signer.with_iam_endpoint(settings["endpoint"]))
        .with_region(Region(settings["region"], settings["endpoint"]))
        .build()
    )
    answer = client.list_keys(sdk.ListKeysRequest(sdk.ListKeysRequestBody()))
    expect(answer.keys is not None, "the keys of the project are not listed")


STEPS = [regions, replicas, project_by_region]
