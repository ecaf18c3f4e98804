"""The official client, unmodified, and a record of what was called through it."""

import re

import huaweicloudsdkkms.v2 as sdk
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException

REQUEST_ID = re.compile(r"^[0-9a-f]{32}$")


# Nothing else can be answered where keys leave no token: the refusal that says so is the whole operation.
ONLY_REFUSED = {"replicate_key": "KMS.3801", "update_primary_region": "KMS.3801"}


class Failed(Exception):
    """A result that is not the expected one."""


class Kms:
    """Calls operations by their names in the SDK, with its own request models."""

    def __init__(self, credentials):
        signer = BasicCredentials(
            credentials["access_key_id"],
            credentials["secret_access_key"],
            credentials["project_id"],
        )
        self.project_id = credentials["project_id"]
        self._client = (
            sdk.KmsClient.new_builder()
            .with_credentials(signer)
            .with_endpoint(credentials["endpoint"])
            .build()
        )
        self.called = {}
        self.latest = None

    def call(self, operation, **fields):
        """Calls an operation that must succeed and returns its typed answer."""
        self.latest = operation
        answer = getattr(self._client, operation)(request_of(operation, fields))
        self.called[operation] = "answered"
        return answer

    def refused(self, code, status, operation, **fields):
        """Calls an operation that must be refused with this code."""
        self.latest = operation
        try:
            getattr(self._client, operation)(request_of(operation, fields))
        except ServiceResponseException as error:
            seen = (error.error_code, error.status_code)
            expect(seen == (code, status), f"refused with {seen}, not with {(code, status)}")
            expect(bool(error.error_msg), "the refusal has no sentence")
            expect(REQUEST_ID.match(error.request_id or ""), "the refusal has no request id")
            if ONLY_REFUSED.get(operation) == code:
                self.called[operation] = f"refused with {code}, as documented"
            return error.error_msg
        raise Failed(f"was not refused with {code}")

    def create_key(self, alias, **fields):
        """Makes a key and returns its id."""
        return self.call("create_key", key_alias=alias, **fields).key_info.key_id

    def state_of(self, key_id):
        return self.call("list_key_detail", key_id=key_id).key_info.key_state


def operations():
    """Every operation of the client class: each has an invoker of the same name beside it."""
    names = [name for name in dir(sdk.KmsClient) if not name.startswith("_")]
    return [name for name in names if f"{name}_invoker" in names]


def request_of(operation, fields):
    """Fills the request model of an operation, whose body is a model of its own."""
    model = getattr(sdk, f"{''.join(part.capitalize() for part in operation.split('_'))}Request")
    outer = {name: fields[name] for name in model.openapi_types if name in fields}
    body_type = model.openapi_types.get("body")
    if body_type is None:
        unknown = set(fields) - set(outer)
        expect(not unknown, f"the SDK knows no field {unknown}")
        return model(**outer)
    body_model = getattr(sdk, body_type)
    inner = {name: fields[name] for name in body_model.openapi_types if name in fields}
    unknown = set(fields) - set(outer) - set(inner)
    expect(not unknown, f"the SDK knows no field {unknown}")
    return model(body=body_model(**inner), **outer)


def expect(holds, what):
    if not holds:
        raise Failed(what)


def same(seen, wanted, what):
    """Compares without showing the values, some of which are secrets."""
    if seen != wanted:
        shown = f": {seen!r}, not {wanted!r}" if len(repr(seen)) < 60 else ""
        raise Failed(f"{what} is not the expected one{shown}")


def is_text(value, pattern, what):
    expect(isinstance(value, str) and re.fullmatch(pattern, value), f"{what} is not as documented")
