"""Signs a request anew, so that the platform takes its copy for another request."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from pulumi_agentrun.client.credentials import Credentials
from pulumi_agentrun.client.signature import Signature
from reliability.hostile.calls import Call

_OF_A_SIGNATURE = ("authorization", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256")


def signer(key: str, secret: str) -> Callable[[Call], Call]:
    """Return what signs calls with an access key."""
    signature, credentials = Signature(Credentials(key, secret)), Credentials(key, secret)

    def sign(call: Call) -> Call:
        kept = [(name, value) for name, value in call.headers if name.lower() not in _OF_A_SIGNATURE]
        host = next(value for name, value in kept if name.lower() == "host")
        request = httpx.Request(call.method, f"http://{host}{call.target}", headers=kept, content=call.body)
        signature.sign(request, credentials)
        headers = tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw)
        return Call(call.method, call.target, headers, call.body)

    return sign
