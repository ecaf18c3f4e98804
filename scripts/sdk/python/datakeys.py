import hashlib
import os

from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from kms import expect, is_text, same


def random(kms, _settings):
    first = kms.call("create_random", random_data_length="512").random_data
    is_text(first, r"[0-9A-F]{128}", "random_data")
    expect(kms.call("create_random", random_data_length="512").random_data != first, "repeats")
    kms.refused("KMS.1801", 400, "create_random", random_data_length="8200")
    kms.refused("KMS.1802", 400, "create_random", random_data_length="12")


def generation(kms, _settings):
    key_id = kms.create_key("py-datakeys")
    made = kms.call("create_datakey", key_id=key_id, datakey_length="512")
    same(made.key_id, key_id, "key_id")
    is_text(made.plain_text, r"[0-9A-F]{128}", "plain_text")
    is_text(made.cipher_text, r"[0-9A-F]+", "cipher_text")
    opened(kms, key_id, made.cipher_text, bytes.fromhex(made.plain_text))
    sealed = kms.call("create_datakey_without_plaintext", key_id=key_id, key_spec="AES_128")
    same(sealed.key_id, key_id, "key_id")
    answer = kms.call(
        "decrypt_datakey",
        key_id=key_id,
        cipher_text=sealed.cipher_text,
        datakey_cipher_length="16",
    )
    is_text(answer.data_key, r"[0-9A-F]{32}", "data_key")
    kms.refused("KMS.1901", 400, "create_datakey", key_id=key_id, datakey_length="8200")
    kms.refused("KMS.1903", 400, "create_datakey", key_id=key_id, datakey_length="12")
    kms.refused("KMS.1902", 400, "create_datakey", key_id=key_id, key_spec="AES_999")


def wrapping(kms, _settings):
    key_id = kms.create_key("py-wrapping")
    dek = os.urandom(33)
    plain = (dek + hashlib.sha256(dek).digest()).hex()
    fields = {"key_id": key_id, "plain_text": plain, "datakey_plain_length": "33"}
    sealed = kms.call("encrypt_datakey", additional_authenticated_data="ctx", **fields)
    same((sealed.key_id, sealed.datakey_length), (key_id, "33"), "key_id and length")
    opened(kms, key_id, sealed.cipher_text, dek, additional_authenticated_data="ctx")
    wrong = {"key_id": key_id, "cipher_text": sealed.cipher_text, "datakey_cipher_length": "33"}
    kms.refused("KMS.2201", 400, "decrypt_datakey", **wrong)
    kms.refused("KMS.2102", 400, "encrypt_datakey", **{**fields, "datakey_plain_length": "0"})
    kms.refused("KMS.2104", 400, "encrypt_datakey", **{**fields, "datakey_plain_length": "32"})
    kms.refused("KMS.2103", 400, "encrypt_datakey", **{**fields, "plain_text": "00" * 65})


def rsa_pair(kms, _settings):
    key_id = kms.create_key("py-rsa-pair")
    pair = kms.call("create_rsa_datakey_pair", key_id=key_id, key_spec="RSA_2048")
    judge_pair(kms, key_id, pair, "RSA_2048")
    hidden = kms.call(
        "create_rsa_datakey_pair", key_id=key_id, key_spec="RSA_2048", with_plain_text=False
    )
    same(hidden.private_key_plain_text, None, "the clear half that was not wanted")
    load_der_public_key(bytes.fromhex(hidden.public_key))


def ec_pair(kms, _settings):
    key_id = kms.create_key("py-ec-pair")
    pair = kms.call("create_ec_datakey_pair", key_id=key_id, key_spec="ECC_NIST_P256")
    judge_pair(kms, key_id, pair, "ECC_NIST_P256")
    hidden = kms.call(
        "create_ec_datakey_pair", key_id=key_id, key_spec="ECC_NIST_P384", with_plain_text=False
    )
    same(hidden.private_key_plain_text, None, "the clear half that was not wanted")
    same(load_der_public_key(bytes.fromhex(hidden.public_key)).curve.name, "secp384r1", "curve")


def judge_pair(kms, key_id, pair, spec):
    same((pair.key_id, pair.key_spec), (key_id, spec), "key_id and key_spec")
    der = bytes.fromhex(pair.private_key_plain_text)
    private = load_der_private_key(der, password=None)
    public = load_der_public_key(bytes.fromhex(pair.public_key))
    same(private.public_key().public_numbers(), public.public_numbers(), "the public half")
    opened(kms, key_id, pair.private_key_cipher_text, der)


def opened(kms, key_id, cipher_text, dek, **context):
    answer = kms.call(
        "decrypt_datakey",
        key_id=key_id,
        cipher_text=cipher_text,
        datakey_cipher_length=str(len(dek)),
        **context,
    )
    same(answer.data_key, dek.hex().upper(), "the data key")
    same(answer.datakey_length, str(len(dek)), "datakey_length")
    same(answer.datakey_dgst, hashlib.sha256(dek).hexdigest().upper(), "the digest")


def pin(kms, _settings):
    made = kms.call("create_pin", pin_type="PlainText").pin
    expect(isinstance(made, str) and made, "the PIN is no text")


STEPS = [random, generation, wrapping, rsa_pair, ec_pair, pin]
