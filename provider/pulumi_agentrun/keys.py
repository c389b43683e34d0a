"""Keys that stay out of state: read where the provider runs, remembered only by a fingerprint.

Beside each secret field, say `api_key`, a program may set `api_key_from` to `env:NAME` or `file:PATH`. State then
holds that reference and `api_key_fingerprint`: a random salt and the salted hash, kept as a Pulumi secret, so that
without the stack's encryption key not even a weak key can be guessed from it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from .client.errors import ConfigError

FROM = "_from"
FINGERPRINT = "_fingerprint"


@dataclass(frozen=True)
class Reference:
    """Mark a field that says where the secret of a neighbouring field is."""

    of: str


@dataclass(frozen=True)
class Fingerprint:
    """Mark a field that remembers the secret of a neighbouring field."""

    of: str


def read(reference: str) -> str:
    """Return the secret that a reference leads to; raise ConfigError with what is wrong with it."""
    scheme, _, where = reference.partition(":")
    if scheme == "env" and where:
        value = os.environ.get(where, "")
        if not value:
            raise ConfigError(f"the environment variable {where} is not set where the provider runs")
        return value
    if scheme == "file" and where:
        try:
            value = Path(where).expanduser().read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise ConfigError(f"the file {where} cannot be read: {reason}") from None
        if not value:
            raise ConfigError(f"the file {where} is empty")
        return value
    raise ConfigError("must be env:NAME or file:PATH")


def fingerprint(secret: str, previous: object = None) -> str:
    """Return what to remember of a secret: the previous fingerprint, if it is of the same secret."""
    salt = previous.partition(":")[0] if isinstance(previous, str) and previous else secrets.token_hex(32)
    digest = hmac.new(salt.encode(), secret.encode(), hashlib.sha256).hexdigest()
    return f"{salt}:{digest}"
