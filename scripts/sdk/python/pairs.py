import base64
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from kms import expect, is_text, same

MESSAGE = b"a message to be signed"
DIGEST = hashlib.sha256(MESSAGE).digest()


def text(data):
    return base64.b64encode(data).decode()


def sign(kms, key_id, algorithm, data, message_type):
    """Signs and has the service judge the signature and one that was changed."""
    fields = {
        "key_id": key_id,
        "message": text(data),
        "signing_algorithm": algorithm,
        "message_type": message_type,
    }
    answer = kms.call("sign", **fields)
    same(answer.key_id, key_id, "key_id")
    signature = base64.b64decode(answer.signature, validate=True)
    verdict = kms.call("validate_signature", signature=answer.signature, **fields)
    same((verdict.key_id, verdict.signature_valid), (key_id, "true"), "the verdict")
    changed = {**fields, "message": text(bytes([data[0] ^ 1]) + data[1:])}
    verdict = kms.call("validate_signature", signature=answer.signature, **changed)
    same(verdict.signature_valid, "false", "the verdict on another message")
    return signature


def public_key(kms, key_id):
    answer = kms.call("show_public_key", key_id=key_id)
    same(answer.key_id, key_id, "key_id")
    return load_pem_public_key(answer.public_key.encode())


def judge(verify, *args):
    try:
        verify(*args)
    except InvalidSignature:
        expect(False, "the signature does not verify outside of the service")


def ecdsa(kms, _settings):
    key_id = kms.create_key("py-ecdsa", key_spec="EC_P256")
    public = public_key(kms, key_id)
    raw = sign(kms, key_id, "ECDSA_SHA_256", MESSAGE, "RAW")
    judge(public.verify, raw, MESSAGE, ec.ECDSA(hashes.SHA256()))
    digested = sign(kms, key_id, "ECDSA_SHA_256", DIGEST, "DIGEST")
    judge(public.verify, digested, DIGEST, ec.ECDSA(Prehashed(hashes.SHA256())))
    fields = {"key_id": key_id, "message": text(MESSAGE)}
    kms.refused(
        "KMS.0332", 400, "sign", signing_algorithm="RSASSA_PSS_SHA_256", **fields
    )
    kms.refused("KMS.0329", 400, "sign", signing_algorithm="ECDSA_SHA_256", **fields)


def rsa(kms, _settings):
    key_id = kms.create_key("py-rsa", key_spec="RSA_2048")
    public = public_key(kms, key_id)
    pkcs1 = sign(kms, key_id, "RSASSA_PKCS1_V1_5_SHA_256", MESSAGE, "RAW")
    judge(public.verify, pkcs1, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    pss = sign(kms, key_id, "RSASSA_PSS_SHA_256", DIGEST, "DIGEST")
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
    judge(public.verify, pss, DIGEST, scheme, Prehashed(hashes.SHA256()))


def symmetric_refusals(kms, _settings):
    key_id = kms.create_key("py-no-pair")
    kms.refused("KMS.0331", 400, "show_public_key", key_id=key_id)
    kms.refused(
        "KMS.1115",
        400,
        "sign",
        key_id=key_id,
        message=text(DIGEST),
        signing_algorithm="ECDSA_SHA_256",
    )


def agreement(kms, _settings):
    key_id = kms.create_key("py-agreement", key_spec="EC_P256", key_usage="KEY_AGREEMENT")
    peer = ec.generate_private_key(ec.SECP256R1())
    encoded = peer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    answer = kms.call(
        "derive_shared_secret",
        key_id=key_id,
        key_agreement_algorithm="ECDH",
        public_key=text(encoded),
    )
    same((answer.key_id, answer.key_agreement_algorithm), (key_id, "ECDH"), "key and algorithm")
    secret = peer.exchange(ec.ECDH(), public_key(kms, key_id))
    same(base64.b64decode(answer.shared_secret), secret, "the shared secret")


def macs(kms, _settings):
    key_id = kms.create_key("py-mac", key_spec="HMAC_256")
    fields = {"key_id": key_id, "mac_algorithm": "HMAC_SHA_256", "message": text(MESSAGE)}
    made = kms.call("generate_mac", **fields)
    same((made.key_id, made.mac_algorithm), (key_id, "HMAC_SHA_256"), "key and algorithm")
    is_text(made.mac, r"[0-9a-f]{64}", "mac")
    verdict = kms.call("verify_mac", mac=made.mac, **fields)
    same((verdict.key_id, verdict.mac_algorithm), (key_id, "HMAC_SHA_256"), "key and algorithm")
    same(verdict.mac_valid, True, "the verdict")
    other = hmac.new(b"another key", MESSAGE, "sha256").hexdigest()
    same(kms.call("verify_mac", mac=other, **fields).mac_valid, False, "the verdict")


STEPS = [ecdsa, rsa, symmetric_refusals, agreement, macs]
