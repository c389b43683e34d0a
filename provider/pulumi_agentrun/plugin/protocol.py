"""What all of a plugin's answers share: the schema, and what they are told of a call."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

from ..version import __version__

if TYPE_CHECKING:
    import grpc.aio

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


@cache
def schema() -> dict[str, Any]:
    """Return the package's schema, as tools/schema.py has derived it from the models."""
    found: dict[str, Any] = json.loads((files(__package__) / "schema.json").read_text("utf-8"))
    return {"version": __version__, **found}
