"""Reads what people keep in a JSON file, and says in a sentence why that is not possible."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .errors import ConfigError


def value_in(path: Path, *, what: str) -> Any:
    """Return what is in a JSON file; `NaN` and `Infinity` are none. Raises ConfigError.

    :param what: What the file is, such as "plan".
    """
    try:
        return json.loads(path.read_text("utf-8"), parse_constant=_no_number)
    except OSError as error:
        raise ConfigError(f"The {what} {path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"The {what} {path} cannot be read: it is no JSON.") from None


def object_in(path: Path, *, what: str, of: str) -> dict[str, Any]:
    """Return the object in a JSON file. Raises ConfigError.

    :param what: What the file is, such as "scenario".
    :param of: What the object is to hold, such as "settings".
    """
    found = value_in(path, what=what)
    if not isinstance(found, dict):
        raise ConfigError(f"The {what} {path} must be an object of {of}.")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")  # though Python writes and reads it
