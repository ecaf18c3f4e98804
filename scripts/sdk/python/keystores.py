from kms import expect, is_text, same

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def keystores(kms, settings):
    fields = {
        "keystore_alias": "py-keystore",
        "hsm_cluster_id": settings["cluster"],
        "hsm_ca_cert": "not needed here",
    }
    keystore_id = kms.call("create_key_store", **fields).keystore.keystore_id
    kms.refused("KMS.1104", 400, "create_key_store", **fields)
    shown = kms.call("show_key_store", keystore_id=keystore_id).keystore
    same((shown.keystore_id, shown.keystore_alias), (keystore_id, "py-keystore"), "the keystore")
    same(shown.hsm_cluster_id, settings["cluster"], "hsm_cluster_id")
    is_text(shown.create_time, r"\d{13}", "create_time")
    listed = kms.call("list_key_stores", limit=10, offset=0)
    same([entry.keystore_id for entry in listed.keystores], [keystore_id], "the keystores")
    same(listed.total, 1, "total")
    same(kms.call("list_key_stores", offset=1).keystores, [], "the page after the last one")
    kms.refused("KMS.0340", 400, "create_key", key_alias="py-ks-0", keystore_id=keystore_id)
    state = kms.call("enable_key_store", keystore_id=keystore_id).keystore
    same((state.keystore_id, state.keystore_state), (keystore_id, "2"), "the enabled keystore")
    state = kms.call("disable_key_store", keystore_id=keystore_id).keystore
    same((state.keystore_id, state.keystore_state), (keystore_id, "3"), "the disabled keystore")
    kms.call("delete_key_store", keystore_id=keystore_id)
    kms.refused("KMS.8003", 400, "show_key_store", keystore_id=keystore_id)
    kms.refused("KMS.8003", 400, "enable_key_store", keystore_id=UNKNOWN)
    keystore_id = kms.call("create_key_store", **fields).keystore.keystore_id
    kms.call("enable_key_store", keystore_id=keystore_id)
    use(kms, keystore_id)


def use(kms, keystore_id):
    """A key on the second token works, and does not while its keystore is off."""
    key_id = kms.create_key("py-ks-1", keystore_id=keystore_id)
    details = kms.call("list_key_detail", key_id=key_id).key_info
    same(details.keystore_id, keystore_id, "keystore_id")
    made = kms.call("create_datakey", key_id=key_id)
    sealed = {
        "key_id": key_id,
        "cipher_text": made.cipher_text,
        "datakey_cipher_length": "32",
    }
    same(kms.call("decrypt_datakey", **sealed).data_key, made.plain_text, "the data key")
    kms.refused("KMS.0338", 400, "enable_key_rotation", key_id=key_id)
    kms.call("disable_key_store", keystore_id=keystore_id)
    kms.refused("KMS.0340", 400, "decrypt_datakey", **sealed)
    kms.call("enable_key_store", keystore_id=keystore_id)
    expect(kms.call("decrypt_datakey", **sealed).data_key == made.plain_text, "the data key")


STEPS = [keystores]
