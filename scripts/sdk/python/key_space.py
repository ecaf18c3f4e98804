import base64
import datetime
import hashlib
import json
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)
from huaweicloudsdkkms.v2 import DecryptDatakeyCapsuleRequestBodyAttestationDocument

from kms import expect, is_text, same

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def access_points(kms, _settings):
    space = str(uuid.uuid4())
    ids = [access_point(kms, space, f"py-point-{number}") for number in range(3)]
    found, marker = [], None
    while True:
        page = kms.call("list_access_point", keyspace_id=space, limit="2", marker=marker)
        same(page.page_info.current_count, len(page.access_points), "current_count")
        found += page.access_points
        marker = page.page_info.next_marker
        if not marker:
            break
    same(sorted(point.access_point_id for point in found), sorted(ids), "the access points")
    same((found[0].keyspace_id, found[0].type, found[0].state), (space, 3, 1), "an access point")
    kms.call("disable_access_point", access_point_id=ids[0])
    kms.refused("KMS.0306", 403, "download_access_point_private_key", access_point_id=ids[0])
    kms.call("delete_access_point", access_point_id=ids[0])
    kms.refused("KMS.0308", 400, "delete_access_point", access_point_id=ids[0])
    kms.refused("KMS.0308", 400, "enable_access_point", access_point_id=UNKNOWN)
    kms.refused("KMS.0308", 400, "list_access_point", keyspace_id="x")


def access_point(kms, space, name):
    """A custom access point that may attest."""
    point = kms.call(
        "create_access_point", keyspace_id=space, access_point_name=name, type=3
    ).access_point_id
    kms.call("enable_access_point", access_point_id=point)
    return point


def policies(kms, _settings):
    space = str(uuid.uuid4())
    ids = [
        kms.call(
            "create_key_policy", keyspace_id=space, policy_name=f"py-policy-{number}", policy=text()
        ).policy_id
        for number in range(3)
    ]
    page = kms.call("list_key_policy", keyspace_id=space, limit="2")
    same(page.page_info.current_count, 2, "current_count")
    last = kms.call("list_key_policy", keyspace_id=space, marker=page.page_info.next_marker)
    listed = page.keyspace_policies + last.keyspace_policies
    same(sorted(policy.policy_id for policy in listed), sorted(ids), "the policies")
    shown = kms.call("show_key_policy", policy_id=ids[0])
    same((shown.policy_id, shown.keyspace_id), (ids[0], space), "the policy")
    same(shown.policy.version, "1.0", "the version")
    changed = kms.call("update_key_policy", policy_id=ids[0], policy=text(version="2.0"))
    same((changed.policy_id, changed.policy.version), (ids[0], "2.0"), "the changed policy")
    kms.refused("KMS.0308", 400, "create_key_policy", keyspace_id=space, policy_name="x", policy="{")
    kms.call("delete_key_policy", policy_id=ids[0])
    kms.refused("KMS.0308", 400, "show_key_policy", policy_id=ids[0])


def text(**members):
    return json.dumps({"version": "1.0", **members})


def capsules(kms, _settings):
    space, key_id = str(uuid.uuid4()), kms.create_key("py-capsules")
    point = access_point(kms, space, "py-opener")
    policy_id = kms.call(
        "create_key_policy",
        keyspace_id=space,
        policy_name="py-capsules",
        policy=text(allowed_access_point=[point]),
    ).policy_id
    made = kms.call(
        "create_datakey_capsule", key_id=key_id, datakey_length="256", policy_id=policy_id
    )
    same(made.key_id, key_id, "key_id")
    private = private_key(kms, point)
    document = attestation(private, key_id, made.datakey_capsule)
    fields = {"key_id": key_id, "datakey_capsule": made.datakey_capsule}
    opened = kms.call("decrypt_datakey_capsule", attestation_document=document, **fields)
    same((opened.key_id, opened.instance_id), (key_id, point), "key and access point")
    same(opened.datakey, made.datakey, "the data key")
    foreign = attestation(ec.generate_private_key(ec.SECP256R1()), key_id, made.datakey_capsule)
    kms.refused("KMS.0306", 403, "decrypt_datakey_capsule", attestation_document=foreign, **fields)
    sealed_for_recipient(kms, key_id, policy_id, made)


def sealed_for_recipient(kms, key_id, policy_id, clear):
    recipient = rsa.generate_private_key(65537, 2048)
    encoded = recipient.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    made = kms.call(
        "create_datakey_capsule",
        key_id=key_id,
        datakey_length="256",
        policy_id=policy_id,
        public_key=base64.b64encode(encoded).decode(),
    )
    same(made.datakey, None, "the data key in clear")
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    data_key = recipient.decrypt(base64.b64decode(made.datakey_cipher), oaep)
    expect(len(data_key) == 32 and made.datakey_capsule != clear.datakey_capsule, "the data key")


def private_key(kms, point):
    answer = kms.call("download_access_point_private_key", access_point_id=point)
    same(answer.access_point_id, point, "access_point_id")
    is_text(answer.private_key, r"[0-9A-Za-z+/]+=*", "private_key")
    return load_der_private_key(base64.b64decode(answer.private_key), password=None)


def attestation(private, key_id, capsule):
    """The proof that docs/trusted-key-space.md describes."""
    expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=30)
    expire_time = expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha256(base64.b64decode(capsule)).hexdigest()
    message = "\n".join(["hsm-kms capsule 1", key_id, digest, "-", expire_time, ""])
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return DecryptDatakeyCapsuleRequestBodyAttestationDocument(
        custom_signature=base64.b64encode(
            private.sign(message.encode(), ec.ECDSA(hashes.SHA256()))
        ).decode(),
        custom_public_key=base64.b64encode(public).decode(),
        expire_time=expire_time,
    )


STEPS = [access_points, policies, capsules]
