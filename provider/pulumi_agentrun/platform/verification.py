"""Checks who sent a request: ACS3-HMAC-SHA256 signatures and bearer tokens, rebuilt from what is on the wire."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from urllib.parse import parse_qsl, quote, quote_from_bytes, unquote_to_bytes

from .errors import (
    InvalidBearerToken,
    InvalidParameter,
    MissingParameter,
    MissingSecurityToken,
    SignatureMismatch,
    TimestampExpired,
    TimestampMalformed,
    UnknownAccessKey,
)

ALGORITHM = "ACS3-HMAC-SHA256"
SKEW = 15 * 60
"""Seconds that the clocks of client and platform may differ."""
_REMEMBERED = 100_000  # nonces; more than that in half an hour is no test
# Without these in it, a signature protects neither the body nor against being sent again.
_SIGNED_ALWAYS = ("host", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce")
_AUTHORIZATION = re.compile(rf"{ALGORITHM} Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-fA-F]+)")


class Headers:
    """The headers of a request by lower-case name."""

    def __init__(self, headers: Sequence[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in headers:
            self._values.setdefault(name.lower(), []).append(value.strip())

    def get(self, name: str) -> str:
        """Return a header, repeated values in order and joined as they are signed, or an empty string."""
        return ",".join(sorted(self._values.get(name, ())))

    def required(self, name: str) -> str:
        """Return a header that has to be there."""
        value = self.get(name)
        if not value:
            raise MissingParameter(name)
        return value


@dataclass(frozen=True)
class Proof:
    """What a signature proves once: the key that made it, its nonce, and when it was shown."""

    key: str
    nonce: str
    at: float

    @property
    def oldest(self) -> float:
        """When one was shown that can come again no more: dated at the edge of the future, and as old as may be."""
        return self.at - 2 * SKEW


class Verifier:
    """Knows the credentials."""

    def __init__(self, credentials: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._credentials = dict(credentials)
        self._clock = clock

    def verify(self, method: str, target: str, headers: Headers, body: bytes) -> Proof | None:
        """Refuse a request that no known credential signed, just now; return what may be shown once, if anything."""
        if headers.get("x-acs-signature-type").upper() == "BEARERTOKEN":
            self._verify_bearer(headers.required("x-acs-bearer-token"))
            return None
        key, signed, signature = _authorization(headers)
        secret = self._credentials.get(key)
        if secret is None:
            raise UnknownAccessKey
        if key.startswith("STS.") and ("x-acs-security-token" not in signed or not headers.get("x-acs-security-token")):
            raise MissingSecurityToken
        self._check_date(headers.required("x-acs-date"))
        nonce = headers.required("x-acs-signature-nonce")
        payload = hashlib.sha256(body).hexdigest()
        text = string_to_sign(canonical_request(method, target, headers, signed, payload))
        expected = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        if headers.get("x-acs-content-sha256") != payload or not hmac.compare_digest(expected, signature):
            raise SignatureMismatch
        return Proof(key, nonce, self._clock())

    def _verify_bearer(self, token: str) -> None:
        known = [hmac.compare_digest(secret.encode(), token.encode()) for secret in self._credentials.values()]
        if not any(known):
            raise InvalidBearerToken

    def _check_date(self, date: str) -> None:
        if abs(self._clock() - _seconds(date)) > SKEW:
            raise TimestampExpired


@lru_cache(maxsize=16)  # requests come many a second
def _seconds(date: str) -> float:
    try:
        return datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise TimestampMalformed from None


class Nonces:
    """The nonces that one process has seen, for a platform that no other serves."""

    def __init__(self) -> None:
        self._used: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def use(self, proof: Proof) -> bool:
        """Remember a nonce, and forget what is older; say whether it is used for the first time."""
        with self._lock:
            while self._used and (next(iter(self._used.values())) < proof.oldest or len(self._used) >= _REMEMBERED):
                self._used.popitem(last=False)
            is_new = (proof.key, proof.nonce) not in self._used
            self._used.setdefault((proof.key, proof.nonce), proof.at)
            return is_new


def canonical_request(method: str, target: str, headers: Headers, signed: Sequence[str], payload: str) -> str:
    """Return the text that stands for a request, from what is on the wire."""
    path, _, query = target.partition("?")
    lines = [f"{name}:{headers.get(name)}\n" for name in sorted(signed)]
    return "\n".join((method, _path(path), _query(query), "".join(lines), ";".join(signed), payload))


def string_to_sign(canonical: str) -> str:
    """Return the text that is signed."""
    # Headers were decoded byte by byte, so this is the wire's own bytes again.
    return f"{ALGORITHM}\n{hashlib.sha256(canonical.encode('latin-1', 'replace')).hexdigest()}"


def _path(path: str) -> str:
    # Split before decoding: an encoded slash is part of a name.
    return "/".join(quote_from_bytes(unquote_to_bytes(segment), safe="") for segment in path.split("/")) or "/"


def _query(query: str) -> str:
    # A client may send `+` or `*` where it signed `%20` or `%2A`. Latin-1 keeps the bytes as they are.
    pairs = sorted(parse_qsl(query, keep_blank_values=True, encoding="latin-1"))
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in pairs)


def _encode(text: str) -> str:
    return quote(text, safe="", encoding="latin-1", errors="replace")


def _authorization(headers: Headers) -> tuple[str, list[str], str]:
    match = _AUTHORIZATION.fullmatch(headers.required("authorization"))
    if match is None:
        raise InvalidParameter("Authorization", f"{ALGORITHM} Credential=..,SignedHeaders=..,Signature=..")
    key, names, signature = match.groups()
    signed = names.split(";")
    for name in _SIGNED_ALWAYS:
        headers.required(name)
        if name not in signed:
            raise InvalidParameter("SignedHeaders", f"a list with {name}")
    return key, signed, signature.lower()
