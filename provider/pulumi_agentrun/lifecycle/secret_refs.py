"""Keys that stay out of state: read where the provider runs, remembered only by a fingerprint.

Beside each secret field, say `api_key`, a program may set `api_key_from` to `env:NAME` or `file:PATH`. State then
holds that reference and `api_key_fingerprint`: a salt of its own and the salted hash, kept as a Pulumi secret, so that
without the stack's encryption key not even a weak key can be guessed from it. The salt is made from what the key
belongs to: a random one would be another in a plan than in the update that keeps to it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from ..client.errors import ConfigError

FROM = "_from"
FINGERPRINT = "_fingerprint"
LARGEST = 8 * 1024
"""Bytes that a file with a key may have."""
_OF_THE_RUN = ("AGENTRUN_", "ALIBABA_CLOUD_", "PULUMI_")
"""How variables begin that hold what the run itself needs: a program has no business to send those to a service."""
_OF_THE_SYSTEM = ("/dev/", "/proc/", "/sys/")


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
        return _of_environment(where)
    if scheme == "file" and where:
        return _of_file(where)
    raise ConfigError("must be env:NAME or file:PATH")


def _of_environment(name: str) -> str:
    if name.upper().startswith(_OF_THE_RUN):
        raise ConfigError(
            "must not lead to a variable of AGENTRUN_, ALIBABA_CLOUD_ or PULUMI_: copy the key to one of its own"
        )
    value = os.environ.get(name, "")
    if not value:
        raise ConfigError(f"the environment variable {name} is not set where the provider runs")
    return value


def _of_file(where: str) -> str:
    try:
        path = Path(where).expanduser()
        if _is_of_the_system(path) or not path.is_file():  # opening a device may do something by itself
            path.stat()  # which is what says that there is none
            raise ConfigError(f"the file {where} is no regular file")
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ConfigError(f"the file {where} is no regular file")
            content = file.read(LARGEST + 1)
        value = content.decode().strip()
    except (OSError, ValueError, RuntimeError) as error:
        reason = "there is no such path" if isinstance(error, (RuntimeError, UnicodeEncodeError)) else "it is not text"
        reason = error.strerror or reason if isinstance(error, OSError) else reason
        raise ConfigError(f"the file {where} cannot be read: {reason}") from None
    if len(content) > LARGEST:
        raise ConfigError(f"the file {where} is larger than {LARGEST // 1024} KiB, which no key is")
    if not value:
        raise ConfigError(f"the file {where} is empty")
    return value


def _is_of_the_system(path: Path) -> bool:
    """Say whether a path leads, by itself or in the end, to where the system shows devices and processes as files."""
    paths = (os.path.abspath(path), os.path.realpath(path))
    return any(f"{os.sep}{found.lstrip(os.sep)}".startswith(_OF_THE_SYSTEM) for found in paths)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


@dataclass(frozen=True)
class Remembered:
    """A secret of which only the fingerprint is known, so that a text which repeats it can be told."""

    fingerprint: str = field(repr=False)

    def is_of(self, word: str) -> bool:
        """Say whether a word is the secret."""
        return fingerprint(word, self.fingerprint) == self.fingerprint


def fingerprint(secret: str, previous: object, owner: str = "") -> str:
    """Return what to remember of a secret: the previous fingerprint, if it is of the same secret.

    Without a previous one, `owner` is what the secret belongs to: the URN of the resource and the property.
    """
    is_remembered = isinstance(previous, str) and previous
    salt = str(previous).partition(":")[0] if is_remembered else hashlib.sha256(owner.encode()).hexdigest()
    digest = hmac.new(salt.encode(), secret.encode(), hashlib.sha256).hexdigest()
    return f"{salt}:{digest}"
