"""Who may call a proxy: whoever has its credential, or else the platform's access key or local token; nobody else."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..verification import SKEW, Headers
from .refusals import Refused

ALGORITHM = "AGENTRUN4-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=([^/,]+)/(\d{{8}})/([\w-]+)/agentrun/aliyun_v4_request,\s*"
    r"SignedHeaders=([\w;-]+),\s*Signature=([0-9a-f]{64})"
)
_SIGNED_ALWAYS = {"host", "x-acs-content-sha256", "x-acs-date"}
_SIGNABLE = {*_SIGNED_ALWAYS, "x-acs-security-token"}
_DEFAULT_HEADER = "x-api-key"


class Access:
    """Knows the platform's access keys and its token."""

    def __init__(self, access_keys: Mapping[str, str], token: str) -> None:
        self._access_keys = dict(access_keys)
        self._token = token

    def check(self, headers: Headers, name: str, credential: Mapping[str, Any] | None, now: float) -> None:
        """Refuse whoever may not call a proxy that wants the named credential, or none if that is empty."""
        if name:
            self._check_credential(headers, credential)
        elif headers.get("agentrun-authorization"):
            self._check_signature(headers, now)
        elif not self.is_token(_bearer(headers)):
            raise _unknown(
                "It has no credential: send the platform's token (the file `token` in its data) as the bearer, or sign "
                "with its access key as the official SDK does."
            )

    def is_token(self, text: str) -> bool:
        """Say whether a text is the token."""
        return _equal(text, self._token)

    def _check_credential(self, headers: Headers, credential: Mapping[str, Any] | None) -> None:
        # Its name is for those who may look at the proxy.
        if credential is None:
            raise _unknown("The credential that it wants does not exist.")
        if credential.get("enabled") is False:
            raise _unknown("Its credential is disabled.")
        secret = credential.get("credentialSecret") or ""
        if not secret:
            raise _unknown("Its credential has no secret that could be sent.")
        config = credential.get("credentialPublicConfig", {})
        header = str(config.get("headerKey") or _DEFAULT_HEADER)
        whole = f"{config.get('prefix') or ''}{secret}"
        # Both are looked at, so that the time taken does not say which was meant.
        if not _equal(_bearer(headers), secret) | _equal(headers.get(header.lower()), whole):
            raise _unknown(f"Send the secret of its credential as the bearer, or in the header {header}.")

    def _check_signature(self, headers: Headers, now: float) -> None:
        match = _AUTHORIZATION.fullmatch(headers.get("agentrun-authorization"))
        if match is None:
            form = f"{ALGORITHM} Credential=…,SignedHeaders=…,Signature=…"
            raise _unknown(f"Agentrun-Authorization is not of the form {form}.")
        key, day, region, names, signature = match.groups()
        signed = names.split(";")
        if not _SIGNED_ALWAYS <= set(signed) <= _SIGNABLE or headers.get("x-acs-content-sha256") != "UNSIGNED-PAYLOAD":
            raise _unknown(f"{ALGORITHM} signs {', '.join(sorted(_SIGNED_ALWAYS))}, with an UNSIGNED-PAYLOAD.")
        if key.startswith("STS.") and not ("x-acs-security-token" in signed and headers.get("x-acs-security-token")):
            raise _unknown("A temporary access key comes with its signed x-acs-security-token.")
        date = headers.get("x-acs-date")
        if not _is_about(date, now) or date[:10].replace("-", "") != day:
            raise _unknown("x-acs-date is more than 15 minutes off, or no UTC time.")
        # The official SDK signs a GET of `/` on an empty host, whatever it sends.
        values = {name: "" if name == "host" else headers.get(name) for name in signed}
        known = self._access_keys.get(key)
        expected = signature_of(known or "", day, region, values)
        if not hmac.compare_digest(expected, signature) or known is None:
            raise _unknown(f"{ALGORITHM}: the access key is not the platform's, or the signature is not by it.")


def signature_of(secret: str, day: str, region: str, signed: Mapping[str, str]) -> str:
    """Return the signature by an access key of headers, as agentrun-sdk 0.0.54 makes it (`utils/ram_signature`)."""
    lines = "".join(f"{name}:{value}\n" for name, value in sorted(signed.items()))
    canonical = f"GET\n/\n\n{lines}\n{';'.join(sorted(signed))}\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest()
    key = f"aliyun_v4{secret}".encode()
    for part in (day, region, "agentrun", "aliyun_v4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, f"{ALGORITHM}\n{digest}".encode(), hashlib.sha256).hexdigest()


def _bearer(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _equal(given: str, known: str) -> bool:
    # Header values were decoded byte by byte.
    return bool(known) and hmac.compare_digest(given.encode("latin-1", "replace"), known.encode())


def _is_about(date: str, now: float) -> bool:
    try:
        signed_at = datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return False
    return abs(now - signed_at) <= SKEW


def _unknown(text: str) -> Refused:
    return Refused(401, f"This model proxy cannot be called so. {text}", "invalid_api_key")
