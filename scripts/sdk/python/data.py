import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from kms import same

OAEP = {"encryption_algorithm": "RSAES_OAEP_SHA_256"}


def symmetric(kms, _settings):
    key_id = kms.create_key("py-data")
    text = "Grüße, \n世界"
    context = {"additional_authenticated_data": "invoice 7"}
    sealed = kms.call("encrypt_data", key_id=key_id, plain_text=text, **context)
    same(sealed.key_id, key_id, "key_id")
    answer = kms.call("decrypt_data", cipher_text=sealed.cipher_text, **context)
    same((answer.key_id, answer.plain_text), (key_id, text), "the clear text")
    same(base64.b64decode(answer.plain_text_base64).decode(), text, "the clear bytes")
    kms.refused("KMS.2201", 400, "decrypt_data", cipher_text=sealed.cipher_text)
    kms.refused("KMS.2101", 400, "encrypt_data", key_id=key_id, plain_text="x" * 4097)
    kms.refused("KMS.2105", 400, "encrypt_data", key_id=key_id, plain_text="x", **OAEP)


def asymmetric(kms, _settings):
    key_id = kms.create_key("py-oaep", key_spec="RSA_2048", key_usage="ENCRYPT_DECRYPT")
    pem = kms.call("show_public_key", key_id=key_id).public_key
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    own = load_pem_public_key(pem.encode()).encrypt(b"made outside", oaep)
    for cipher_text, text in [
        (kms.call("encrypt_data", key_id=key_id, plain_text="inside", **OAEP).cipher_text, "inside"),
        (base64.b64encode(own).decode(), "made outside"),
    ]:
        answer = kms.call("decrypt_data", key_id=key_id, cipher_text=cipher_text, **OAEP)
        same((answer.key_id, answer.plain_text), (key_id, text), "the clear text")
    kms.refused("KMS.2108", 400, "encrypt_data", key_id=key_id, plain_text="x" * 191, **OAEP)


def re_encryption(kms, _settings):
    old, new = kms.create_key("py-old"), kms.create_key("py-new")
    sealed = kms.call(
        "encrypt_data", key_id=old, plain_text="moved", additional_authenticated_data="a"
    )
    moved = kms.call(
        "re_encrypt",
        source_key_id=old,
        source_additional_authenticated_data="a",
        destination_key_id=new,
        destination_additional_authenticated_data="b",
        cipher_text=sealed.cipher_text,
    )
    same((moved.source_key_id, moved.key_id), (old, new), "the keys")
    same(moved.source_encryption_algorithm, "SYMMETRIC_DEFAULT", "the old algorithm")
    same(moved.destination_encryption_algorithm, "SYMMETRIC_DEFAULT", "the new algorithm")
    kms.call("disable_key", key_id=old)
    answer = kms.call(
        "decrypt_data", cipher_text=moved.cipher_text, additional_authenticated_data="b"
    )
    same((answer.key_id, answer.plain_text), (new, "moved"), "the clear text")


STEPS = [symmetric, asymmetric, re_encryption]
