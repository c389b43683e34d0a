"""Signs requests with ACS3-HMAC-SHA256, Alibaba Cloud's scheme.

Source: alibabacloud-tea-openapi 0.4.6, `Client.do_request` for the headers and `Utils.get_authorization` for the
signature.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote

import httpx

from .credentials import Credentials
from .redaction import SECRETS

_ALGORITHM = "ACS3-HMAC-SHA256"
_OURS = frozenset(
    {
        "authorization", "x-acs-accesskey-id", "x-acs-bearer-token", "x-acs-content-sha256",
        "x-acs-credentials-provider", "x-acs-date", "x-acs-security-token", "x-acs-signature-nonce",
        "x-acs-signature-type",
    }
)  # fmt: skip
"""What a signature says, in place of what a request may have said before."""
_UNSIGNED = frozenset({"authorization", "connection", "accept-encoding", "content-length"})


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _nonce() -> str:
    return secrets.token_hex(16)


class Signature:
    """Sign each request anew, with the credentials that the source gives at that moment."""

    def __init__(
        self,
        credentials: Credentials | Callable[[], Credentials],
        now: Callable[[], datetime] = _now,
        nonce: Callable[[], str] = _nonce,
    ) -> None:
        self._credentials = credentials
        self.secrets: tuple[str, ...] = ()
        """What no message may repeat of the credentials that were used last."""
        self._now = now
        self._nonce = nonce

    def prove(self, request: httpx.Request) -> httpx.Request:
        """Sign a request, and return it."""
        source = self._credentials
        self.sign(request, source if isinstance(source, Credentials) else source())
        return request

    async def prove_async(self, request: httpx.Request) -> httpx.Request:
        """Sign a request, and return it; a source that may ask other services does so in a thread."""
        source = self._credentials
        self.sign(request, source if isinstance(source, Credentials) else await asyncio.to_thread(source))
        return request

    def sign(self, request: httpx.Request, credentials: Credentials) -> None:
        """Add the headers that prove who sends this request."""
        self.secrets = credentials.secrets
        proof: tuple[str, ...] = ()
        digest = hashlib.sha256(request.content).hexdigest()
        headers = {
            "x-acs-date": self._now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": self._nonce(),
            "x-acs-content-sha256": digest,
            "x-acs-credentials-provider": credentials.provider,
        }
        others = [(name, value) for name, value in request.headers.multi_items() if name not in _OURS]
        if credentials.bearer_token:
            headers |= {"x-acs-bearer-token": credentials.bearer_token, "x-acs-signature-type": "BEARERTOKEN"}
        else:
            if credentials.security_token:
                headers["x-acs-accesskey-id"] = credentials.access_key_id
                headers["x-acs-security-token"] = credentials.security_token
            signed, canonical = canonical_request(request, [*others, *headers.items()], digest)
            text = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
            signature = hmac.new(credentials.access_key_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
            proof = (signature,)
            headers["authorization"] = (
                f"{_ALGORITHM} Credential={credentials.access_key_id},SignedHeaders={signed},Signature={signature}"
            )
        request.headers = httpx.Headers(
            [*others, *headers.items()]
        )  # anew: each that is set costs a search through all
        request.extensions[SECRETS] = (*request.extensions.get(SECRETS, ()), *self.secrets, *proof)


def canonical_request(request: httpx.Request, headers: Iterable[tuple[str, str]], digest: str) -> tuple[str, str]:
    """Return the signed headers' names, joined, and the text whose hash is signed."""
    values: dict[str, str] = {}
    for name, value in sorted([(name, value.strip()) for name, value in headers if name not in _UNSIGNED]):
        values[name] = f"{values[name]},{value}" if name in values else value
    lines = "".join([f"{name}:{value}\n" for name, value in values.items()])
    signed = ";".join(values)
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    parts = [request.method, _path(path), _query(query), lines, signed, digest]
    return signed, "\n".join(parts)


@lru_cache(256)
def _path(path: str) -> str:
    return "/".join(_encode(unquote(segment)) for segment in path.split("/")) or "/"


def _query(query: str) -> str:
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{_encode(key)}={_encode(value)}" for key, value in pairs)


def _encode(text: str) -> str:
    return quote(text, safe="-._~")
