import base64
import os
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
    load_pem_public_key,
)

from kms import expect, same

OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def text(data):
    return base64.b64encode(data).decode()


def import_secret(kms, key_id, material, **fields):
    """Wraps material under a fresh wrapping key and imports it."""
    parameters = kms.call(
        "create_parameters_for_import", key_id=key_id, wrapping_algorithm="RSAES_OAEP_SHA_256"
    )
    same(parameters.key_id, key_id, "key_id")
    expect(isinstance(parameters.expiration_time, int), "expiration_time is no number")
    left = parameters.expiration_time - time.time()
    expect(86000 < left <= 86410, "the wrapping key does not live for 24 hours")
    wrapping_key = load_der_public_key(base64.b64decode(parameters.public_key))
    wrapped = {
        "key_id": key_id,
        "import_token": parameters.import_token,
        "encrypted_key_material": text(wrapping_key.encrypt(material, OAEP)),
        **fields,
    }
    return wrapped


def symmetric(kms, _settings):
    key_id = kms.create_key("py-import", origin="external")
    same(kms.state_of(key_id), "5", "the state of an empty key")
    kms.refused("KMS.1301", 400, "create_datakey", key_id=key_id)
    material = os.urandom(32)
    kms.call("import_key_material", **import_secret(kms, key_id, material))
    details = kms.call("list_key_detail", key_id=key_id).key_info
    same((details.key_state, details.origin), ("2", "external"), "the state")
    made = kms.call("create_datakey", key_id=key_id)
    kms.call("delete_imported_key_material", key_id=key_id)
    same(kms.state_of(key_id), "5", "the state without material")
    kms.refused("KMS.2701", 400, "delete_imported_key_material", key_id=key_id)
    other = import_secret(kms, key_id, os.urandom(32))
    kms.refused("KMS.2606", 400, "import_key_material", **other)
    kms.call("import_key_material", **import_secret(kms, key_id, material))
    opened = kms.call(
        "decrypt_datakey",
        key_id=key_id,
        cipher_text=made.cipher_text,
        datakey_cipher_length="32",
    )
    same(opened.data_key, made.plain_text, "the data key after another import")


def expiry(kms, _settings):
    key_id = kms.create_key("py-expiry", origin="external")
    soon = int(time.time()) + 3600
    kms.call(
        "import_key_material",
        **import_secret(kms, key_id, os.urandom(32), expiration_time=soon),
    )
    details = kms.call("list_key_detail", key_id=key_id).key_info
    same(details.expiration_time, f"{soon}000", "expiration_time")


def pair(kms, _settings):
    key_id = kms.create_key("py-import-pair", key_spec="EC_P256", origin="external")
    private = ec.generate_private_key(ec.SECP256R1())
    pkcs8 = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    temporary = os.urandom(32)
    wrapped = text(aes_key_wrap_with_padding(temporary, pkcs8))
    fields = import_secret(kms, key_id, temporary, encrypted_privatekey=wrapped)
    kms.call("import_key_material", **fields)
    pem = kms.call("show_public_key", key_id=key_id).public_key
    same(
        load_pem_public_key(pem.encode()).public_numbers(),
        private.public_key().public_numbers(),
        "the public key",
    )
    kms.refused("KMS.2702", 400, "delete_imported_key_material", key_id=key_id)


def refusals(kms, _settings):
    own = kms.create_key("py-not-external")
    kms.refused(
        "KMS.0309",
        400,
        "create_parameters_for_import",
        key_id=own,
        wrapping_algorithm="RSAES_OAEP_SHA_256",
    )
    first = kms.create_key("py-import-a", origin="external")
    second = kms.create_key("py-import-b", origin="external")
    fields = import_secret(kms, first, os.urandom(32))
    kms.refused("KMS.2603", 400, "import_key_material", **{**fields, "key_id": second})
    short = import_secret(kms, first, os.urandom(16))
    kms.refused("KMS.2604", 400, "import_key_material", **short)


def rotation(kms, _settings):
    key_id = kms.create_key("py-import-rotate", origin="external")
    kms.call("import_key_material", **import_secret(kms, key_id, os.urandom(32)))
    made = kms.call("create_datakey", key_id=key_id)
    kms.call("import_key_material", **import_secret(kms, key_id, os.urandom(32)))
    same(kms.call("rotate_on_demand", key_id=key_id).key_id, key_id, "key_id")
    opened = kms.call(
        "decrypt_datakey",
        key_id=key_id,
        cipher_text=made.cipher_text,
        datakey_cipher_length="32",
    )
    same(opened.data_key, made.plain_text, "the data key of the former material")


STEPS = [symmetric, expiry, pair, refusals, rotation]
