"""Keys, ciphertexts, grants and so on, made through the API before the run."""

import base64
import hashlib
import json
import uuid
from datetime import datetime, timedelta, timezone

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

KINDS = [
    ("AES_256", "ENCRYPT_DECRYPT"),
    ("RSA_2048", "ENCRYPT_DECRYPT"),
    ("RSA_2048", "SIGN_VERIFY"),
    ("EC_P256", "SIGN_VERIFY"),
    ("EC_P384", "SIGN_VERIFY"),
    ("EC_P256", "KEY_AGREEMENT"),
    ("ED25519", "SIGN_VERIFY"),
    ("HMAC_256", "GENERATE_VERIFY_MAC"),
    ("HMAC_512", "GENERATE_VERIFY_MAC"),
]
SIGNING = {
    "RSA_2048": ["RSASSA_PSS_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384"],
    "EC_P256": ["ECDSA_SHA_256"],
    "EC_P384": ["ECDSA_SHA_384"],
    "ED25519": ["ED25519_SHA_512"],
}
MACS = {"HMAC_256": "HMAC_SHA_256", "HMAC_512": "HMAC_SHA_512"}

# What changes the state of a key gets keys of its own: the others must stay usable to the end.
CHANGES_STATE = {
    "DeleteKey",
    "DisableKey",
    "EnableKey",
    "CancelKeyDeletion",
    "DeleteImportedKeyMaterial",
    "ImportKeyMaterial",
}
KEY_MEMBERS = {"key_id", "target_key_id", "source_key_id", "destination_key_id"}
EXPENDABLE_KEYS = 12
MESSAGE = base64.b64encode(b"message").decode()
LATER = datetime.now(timezone.utc) + timedelta(minutes=50)


class Seeds:
    """Names of what is there, and requests that succeed with it."""

    def __init__(self):
        self.keys = []
        self.expendable = []
        # Every other key, and every spelling of one.
        self.lasting = set()
        self.pools = {}
        self.requests = {}

    def names(self, operation, member):
        if member in KEY_MEMBERS:
            return self.expendable if operation in CHANGES_STATE else self.keys
        return self.pools.get(member, [])

    def pool(self, member, value):
        self.pools.setdefault(member, []).append(value)

    def request(self, operation, **places):
        self.requests.setdefault(operation, []).append(places)


class Api:
    """Calls operations by name, as the document describes them."""

    def __init__(self, settings, signature):
        self.endpoint = settings["endpoint"]
        self.project = settings["project_id"]
        self.session = requests.Session()
        self.session.auth = signature
        # Ids of the keys that were made through this object.
        self.made = set()
        self.operations = {
            operation["operationId"]: (method.upper(), path)
            for path, methods in self.session.get(f"{self.endpoint}/openapi.json", auth=None)
            .json()["paths"]
            .items()
            for method, operation in methods.items()
        }

    def call(self, name, body=None, path=None):
        method, template = self.operations[name]
        address = template.format(project_id=self.project, **(path or {}))
        answer = self.session.request(method, self.endpoint + address, json=body)
        if not answer.ok:
            raise RuntimeError(f"{name} answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else {}

    def knows(self, name):
        return name in self.operations


def plant(settings, signature):
    api = Api(settings, signature)
    seeds = Seeds()
    ids = {kind: create_key(api, *kind) for kind in KINDS}
    seeds.keys = list(ids.values())
    seeds.expendable = [create_key(api, *KINDS[n % 2]) for n in range(EXPENDABLE_KEYS)]
    symmetric = ids[KINDS[0]]
    for sow in (datakeys, data, signatures, macs, agreement, pairs, imports):
        sow(api, seeds, ids)
    for sow in (grants, tags, aliases, key_space):
        sow(api, seeds, symmetric)
    rotation(api, seeds)
    other_states(api, seeds)
    changes_of_state(api, seeds)
    sites(api, seeds, symmetric, settings)
    seeds.lasting = (set(seeds.keys) | api.made) - set(seeds.expendable)
    return seeds


def create_key(api, spec, usage, **extra):
    body = {"key_alias": f"fuzz-{uuid.uuid4()}", "key_spec": spec, "key_usage": usage, **extra}
    key = api.call("CreateKey", body)["key_info"]["key_id"]
    api.made.add(key)
    return key


def datakeys(api, seeds, ids):
    key = ids[KINDS[0]]
    made = api.call("CreateDatakey", {"key_id": key, "datakey_length": "256"})
    seeds.pool("cipher_text", made["cipher_text"])
    clear = bytes.fromhex(made["plain_text"])
    seeds.request(
        "DecryptDatakey",
        body={"key_id": key, "cipher_text": made["cipher_text"], "datakey_cipher_length": "32"},
    )
    seeds.request(
        "EncryptDatakey",
        body={
            "key_id": key,
            "plain_text": (clear + hashlib.sha256(clear).digest()).hex(),
            "datakey_plain_length": "32",
        },
    )
    for name in ("CreateDatakey", "CreateDatakeyWithoutPlaintext"):
        for each in (KINDS[0], KINDS[1]):
            seeds.request(name, body={"key_id": ids[each], "datakey_length": "256"})
    if api.knows("ReEncrypt"):
        seeds.request(
            "ReEncrypt",
            body={
                "source_key_id": key,
                "destination_key_id": key,
                "cipher_text": made["cipher_text"],
                "datakey_cipher_length": "32",
            },
        )


def data(api, seeds, ids):
    if not api.knows("EncryptData"):
        return
    for kind, algorithm in ((KINDS[0], "SYMMETRIC_DEFAULT"), (KINDS[1], "RSAES_OAEP_SHA_256")):
        body = {"key_id": ids[kind], "plain_text": "clear", "encryption_algorithm": algorithm}
        seeds.request("EncryptData", body=body)
        cipher = api.call("EncryptData", body)["cipher_text"]
        seeds.pool("cipher_text", cipher)
        seeds.request(
            "DecryptData",
            body={"key_id": ids[kind], "cipher_text": cipher, "encryption_algorithm": algorithm},
        )
        seeds.request(
            "ReEncrypt",
            body={
                "source_key_id": ids[kind],
                "source_encryption_algorithm": algorithm,
                "destination_key_id": ids[KINDS[0]],
                "cipher_text": cipher,
            },
        )


def signatures(api, seeds, ids):
    for (spec, usage), key in ids.items():
        if not api.knows("Sign") or usage != "SIGN_VERIFY":
            continue
        for algorithm in SIGNING[spec]:
            body = {
                "key_id": key,
                "message": MESSAGE,
                "message_type": "RAW",
                "signing_algorithm": algorithm,
            }
            signature = api.call("Sign", body)["signature"]
            seeds.request("Sign", body=body)
            seeds.request("ValidateSignature", body={**body, "signature": signature})
        seeds.request("ShowPublicKey", body={"key_id": key})


def macs(api, seeds, ids):
    for (spec, usage), key in ids.items():
        if not api.knows("GenerateMac") or usage != "GENERATE_VERIFY_MAC":
            continue
        body = {"key_id": key, "mac_algorithm": MACS[spec], "message": MESSAGE}
        seeds.request("GenerateMac", body=body)
        seeds.request("VerifyMac", body={**body, "mac": api.call("GenerateMac", body)["mac"]})


def agreement(api, seeds, ids):
    if not api.knows("DeriveSharedSecret"):
        return
    peer = ec.generate_private_key(ec.SECP256R1()).public_key()
    body = {
        "key_id": ids[("EC_P256", "KEY_AGREEMENT")],
        "key_agreement_algorithm": "ECDH",
        "public_key": base64.b64encode(spki(peer)).decode(),
    }
    api.call("DeriveSharedSecret", body)
    seeds.request("DeriveSharedSecret", body=body)


def pairs(api, seeds, ids):
    for name, spec in (("CreateRsaDatakeyPair", "RSA_2048"), ("CreateEcDatakeyPair", "ECC_NIST_P256")):
        if api.knows(name):
            seeds.request(name, body={"key_id": ids[KINDS[0]], "key_spec": spec})


def imports(api, seeds, _ids):
    if not api.knows("CreateParametersForImport"):
        return
    for _ in range(3):
        parameters, material = wrapped(api)
        seeds.request("CreateParametersForImport", body=parameters)
        seeds.pool("import_token", material["import_token"])
        seeds.request("ImportKeyMaterial", body=material)
        _, imported = wrapped(api)
        api.call("ImportKeyMaterial", imported)
        seeds.request("DeleteImportedKeyMaterial", body={"key_id": imported["key_id"]})


def wrapped(api):
    """Makes an external key, and returns the request for its parameters and that of its import."""
    key = create_key(api, *KINDS[0], origin="external")
    parameters = {"key_id": key, "wrapping_algorithm": "RSAES_OAEP_SHA_256"}
    given = api.call("CreateParametersForImport", parameters)
    public = serialization.load_der_public_key(base64.b64decode(given["public_key"]))
    material = base64.b64encode(public.encrypt(bytes(32), oaep())).decode()
    return parameters, {
        "key_id": key,
        "import_token": given["import_token"],
        "encrypted_key_material": material,
    }


def oaep():
    sha256 = hashes.SHA256()
    return padding.OAEP(mgf=padding.MGF1(sha256), algorithm=sha256, label=None)


def rotation(api, seeds):
    seeds.request("EnableKeyRotation", body={"key_id": create_key(api, *KINDS[0])})
    for name in (
        "DisableKeyRotation",
        "ShowKeyRotationStatus",
        "UpdateKeyRotationInterval",
        "RotateOnDemand",
    ):
        key = create_key(api, *KINDS[0])
        api.call("EnableKeyRotation", {"key_id": key})
        extra = {"rotation_interval": 30} if name == "UpdateKeyRotationInterval" else {}
        seeds.request(name, body={"key_id": key, **extra})


def sites(api, seeds, key, settings):
    body = {"key_id": key, "primary_region": settings["region"]}
    seeds.request("UpdatePrimaryRegion", path={"key_id": key}, body=body)
    replica = {"replica_region": "elsewhere", "key_alias": "copy", "replica_project_id": "0"}
    body = {"key_id": key, **replica}
    seeds.request("ReplicateKey", path={"key_id": key}, body=body)
    body = {"keystore_alias": "fuzz", "hsm_cluster_id": settings["cluster"]}
    seeds.request("CreateKeyStore", body=body)
    # The cluster has one keystore, so it is made here and nothing generated deletes it.
    keystore = api.call("CreateKeyStore", body)["keystore"]["keystore_id"]
    for name in ("EnableKeyStore", "DisableKeyStore", "ShowKeyStore"):
        seeds.request(name, path={"keystore_id": keystore})
    seeds.request("ShowVersion", path={"version_id": "v1.0"})


def grants(api, seeds, key):
    body = {
        "key_id": key,
        "grantee_principal": "0123456789abcdef0123456789abcdef",
        "operations": ["create-datakey", "describe-key"],
    }
    seeds.request("CreateGrant", body=body)
    for name in ("CancelGrant", "CancelSelfGrant"):
        grant = api.call("CreateGrant", body)["grant_id"]
        seeds.pool("grant_id", grant)
        seeds.request(name, body={"key_id": key, "grant_id": grant})
    seeds.request("ListGrants", body={"key_id": key})


def tags(api, seeds, key):
    tag = {"key": "colour", "value": "red"}
    api.call("CreateKmsTag", {"tag": {"key": "size", "value": "s"}}, {"key_id": key})
    seeds.request("CreateKmsTag", path={"key_id": key}, body={"tag": tag})
    for action in ("create", "delete"):
        body = {"action": action, "tags": [tag]}
        seeds.request("BatchCreateKmsTags", path={"key_id": key}, body=body)
    seeds.request("DeleteTag", path={"key_id": key, "key": "size"})
    for action in ("filter", "count"):
        body = {"action": action, "tags": [{"key": "colour", "values": ["red"]}]}
        path = {"resource_instances": "resource_instances"}
        seeds.request("ListKmsByTags", path=path, body=body)


def aliases(api, seeds, key):
    alias = api.call("CreateAlias", {"key_id": key, "alias": "alias/fuzz"})
    seeds.pool("alias", "alias/fuzz")
    seeds.keys += ["alias/fuzz", alias["alias_urn"]]
    seeds.request("AssociateAlias", body={"alias": "alias/fuzz", "target_key_id": key})
    seeds.request("ListAliases", query={"key_id": key, "limit": "1"})
    api.call("CreateAlias", {"key_id": key, "alias": "alias/spare"})
    seeds.request("DeleteAlias", body={"key_id": key, "aliases": ["alias/spare"]})


def key_space(api, seeds, key):
    space = str(uuid.uuid4())
    body = {"keyspace_id": space, "access_point_name": "fuzz", "type": 3}
    point = api.call("CreateAccessPoint", body)["access_point_id"]
    spare = api.call("CreateAccessPoint", body)["access_point_id"]
    policy = {"version": "1", "allowed_access_point": [point]}
    rule = {"keyspace_id": space, "policy_name": "fuzz", "policy": json.dumps(policy)}
    stored = api.call("CreateKeyPolicy", rule)["policy_id"]
    seeds.pool("keyspace_id", space)
    seeds.pool("policy_id", stored)
    for name in ("EnableAccessPoint", "DisableAccessPoint", "DeleteAccessPoint"):
        seeds.request(name, path={"access_point_id": spare})
    seeds.request("DownloadAccessPointPrivateKey", path={"access_point_id": point})
    for name in ("ListAccessPoint", "ListKeyPolicy"):
        seeds.request(name, query={"keyspace_id": space, "limit": "1"})
    seeds.request("CreateKeyPolicy", body=rule)
    seeds.request("ShowKeyPolicy", path={"policy_id": stored})
    body = {"policy": rule["policy"]}
    seeds.request("UpdateKeyPolicy", path={"policy_id": stored}, body=body)
    for given in ({"policy_id": stored}, {"key_policy": rule["policy"]}):
        body = {"key_id": key, "datakey_length": "256", **given}
        seeds.request("CreateDatakeyCapsule", body=body)
        capsule = api.call("CreateDatakeyCapsule", body)["datakey_capsule"]
        opening = {
            "key_id": key,
            "datakey_capsule": capsule,
            "attestation_document": attestation(api, point, key, capsule),
        }
        api.call("DecryptDatakeyCapsule", opening)
        seeds.request("DecryptDatakeyCapsule", body=opening)


def attestation(api, point, key, capsule):
    path = {"access_point_id": point}
    text = api.call("DownloadAccessPointPrivateKey", path=path)["private_key"]
    private = serialization.load_der_private_key(base64.b64decode(text), None)
    digest = hashlib.sha256(base64.b64decode(capsule)).hexdigest()
    expire_time = LATER.strftime("%Y-%m-%dT%H:%M:%SZ")
    message = f"hsm-kms capsule 1\n{key}\n{digest}\n-\n{expire_time}\n"
    signature = private.sign(message.encode(), ec.ECDSA(hashes.SHA256()))
    return {
        "custom_signature": base64.b64encode(signature).decode(),
        "custom_public_key": base64.b64encode(spki(private.public_key())).decode(),
        "expire_time": expire_time,
    }


def spki(public):
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def other_states(api, seeds):
    """Keys that refuse: disabled, scheduled for deletion, without material."""
    disabled, doomed = (create_key(api, *KINDS[0]) for _ in range(2))
    api.call("DisableKey", {"key_id": disabled})
    api.call("DeleteKey", {"key_id": doomed, "pending_days": "7"})
    seeds.keys += [disabled, doomed, create_key(api, *KINDS[0], origin="external")]


def changes_of_state(api, seeds):
    """A key for each change, in the state that it starts from: whether a generated one is in it would be chance."""
    ready = {
        "DisableKey": (),
        "EnableKey": (("DisableKey", {}),),
        "DeleteKey": (),
        "CancelKeyDeletion": (("DeleteKey", {"pending_days": "7"}),),
    }
    for name, before in ready.items():
        key = create_key(api, *KINDS[0])
        for operation, extra in before:
            api.call(operation, {"key_id": key, **extra})
        extra = {"pending_days": "7"} if name == "DeleteKey" else {}
        seeds.request(name, body={"key_id": key, **extra})
