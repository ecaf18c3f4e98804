from kms import expect, is_text, same


def automatic(kms, _settings):
    key_id = kms.create_key("py-rotation")
    kms.refused("KMS.0313", 400, "disable_key_rotation", key_id=key_id)
    kms.call("enable_key_rotation", key_id=key_id)
    kms.refused("KMS.2901", 400, "enable_key_rotation", key_id=key_id)
    status = kms.call("show_key_rotation_status", key_id=key_id)
    same((status.key_rotation_enabled, status.rotation_interval), (True, 365), "the setting")
    kms.call("update_key_rotation_interval", key_id=key_id, rotation_interval=30)
    status = kms.call("show_key_rotation_status", key_id=key_id)
    same((status.rotation_interval, status.number_of_rotations), (30, 0), "the status")
    kms.refused(
        "KMS.3001", 400, "update_key_rotation_interval", key_id=key_id, rotation_interval=29
    )
    kms.call("disable_key_rotation", key_id=key_id)
    status = kms.call("show_key_rotation_status", key_id=key_id)
    same(status.key_rotation_enabled, False, "the setting")
    details = kms.call("list_key_detail", key_id=key_id).key_info
    same(details.key_rotation_enabled, "false", "the setting among the details")


def on_demand(kms, _settings):
    key_id = kms.create_key("py-on-demand")
    made = kms.call("create_datakey", key_id=key_id)
    same(kms.call("rotate_on_demand", key_id=key_id).key_id, key_id, "key_id")
    status = kms.call("show_key_rotation_status", key_id=key_id)
    same(status.number_of_rotations, 1, "number_of_rotations")
    is_text(status.last_rotation_time, r"\d{13}", "last_rotation_time")
    expect(len(status.key_materials) == 2, "the old material is not listed")
    opened = kms.call(
        "decrypt_datakey",
        key_id=key_id,
        cipher_text=made.cipher_text,
        datakey_cipher_length="32",
    )
    same(opened.data_key, made.plain_text, "the data key of the old version")


def refusals(kms, _settings):
    pair = kms.create_key("py-rotate-ec", key_spec="EC_P256")
    kms.refused("KMS.0325", 400, "enable_key_rotation", key_id=pair)
    external = kms.create_key("py-rotate-external", origin="external")
    kms.refused("KMS.0312", 400, "enable_key_rotation", key_id=external)


STEPS = [automatic, on_demand, refusals]
