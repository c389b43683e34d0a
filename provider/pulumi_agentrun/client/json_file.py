"""Reads what people keep in a JSON file, and says in a sentence why that is not possible."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .errors import ConfigError


def object_in(path: Path, *, what: str, of: str) -> dict[str, Any]:
    """Return the object in a JSON file. Raises ConfigError.

    :param what: What the file is, such as "scenario".
    :param of: What the object is to hold, such as "settings".
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"The {what} {path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"The {what} {path} cannot be read: it is no JSON.") from None
    if not isinstance(found, dict):
        raise ConfigError(f"The {what} {path} must be an object of {of}.")
    return found
