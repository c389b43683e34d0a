"""The directory of an embedded platform: whether there is one, and which."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .credentials import EMBEDDED
from .errors import ConfigError, NoPlatformError
from .wording import Message, Setting

if TYPE_CHECKING:
    from pulumi_agentrun.platform import Platform


def open_platform(directory: Path, *, make: bool) -> Platform:
    """Return the platform whose data is in a directory.

    Raises NoPlatformError if there is none and it is not to be made, for a misspelt directory would look like an empty
    account.
    Raises ConfigError if what is there cannot be one.
    """
    # Imported here so that whoever uses the cloud never loads the platform.
    import sqlite3

    from pulumi_agentrun.platform import Platform

    if not make and not Platform.exists(directory):
        raise NoPlatformError(
            Message(
                "There is no embedded platform in {directory}: check the path of {endpoint}. "
                "The first resource that is created makes one.",
                directory=directory,
                endpoint=Setting("endpoint"),
            )
        )
    try:
        return Platform.open(directory, {EMBEDDED.access_key_id: EMBEDDED.access_key_secret})
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(
            Message(
                "The embedded platform in {directory} cannot be opened: {why}. Check the path of {endpoint}; "
                "it must lead to a directory of the platform's own, or to none yet.",
                directory=directory,
                why=why,
                endpoint=Setting("endpoint"),
            )
        ) from None


def identity(directory: Path) -> str | None:
    """Return what tells the platform in a directory from every other one, or None if there is none."""
    from pulumi_agentrun.platform import Platform

    if not Platform.exists(directory):
        return None
    platform = open_platform(directory, make=False)
    try:
        return platform.identity
    finally:
        platform.close()
