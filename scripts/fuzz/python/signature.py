"""Signs requests with the signer of the official SDK."""

from datetime import datetime, timezone
from urllib.parse import parse_qsl, urlsplit

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from requests.auth import AuthBase


class Signature(AuthBase):
    """Signs a request as it is about to be sent, whatever a fuzzer put into it."""

    def __init__(self, settings):
        self.signer = Signer(
            BasicCredentials(settings["access_key_id"], settings["secret_access_key"])
        )

    def __call__(self, request):
        address = urlsplit(request.url)
        body = request.body or b""
        signed = SdkRequest(
            method=request.method,
            schema=address.scheme,
            host=address.netloc,
            resource_path=address.path,
            query_params=parse_qsl(address.query, keep_blank_values=True),
            header_params={"X-Sdk-Date": datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")},
            body=body if isinstance(body, bytes) else body.encode(),
        )
        self.signer.sign(signed)
        request.headers.update(signed.header_params)
        return request
