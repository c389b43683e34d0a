"""Names for resources that a program leaves unnamed: the same again for the same program.

A random suffix, Pulumi's habit, would hide for ever what a killed run has created; the dynamic host gives a provider
neither the URN nor the engine's random seed, so the program passes the URN along as an input of its own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from ..client.kinds import Kind
from .hidden_inputs import URN
from .schema import has_unknown
from .unknown import UNKNOWN

PROFILE = "profile"
"""The input that names the account and region, which a resource cannot leave."""

_LONGEST_PREFIX = 50
_HASH_DIGITS = 7


def name_of(kind: Kind[Any], olds: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
    """Return the name to use: the program's, the one it has already, or a new one.

    A resource keeps its name while its immutable inputs stay, so that renaming it in the program (with an alias)
    changes nothing; when they change it gets another, so that the replacement can stand beside it.
    """
    if inputs.get(kind.name_field) is not None:
        return inputs[kind.name_field]
    now, before = _identity(kind, inputs), _identity(kind, olds)
    urn = inputs.get(URN)
    if has_unknown(now) or urn is UNKNOWN:
        return UNKNOWN
    if olds.get(kind.name_field) and now == before:
        return olds[kind.name_field]
    return automatic_name(str(urn), now) if urn else None


def automatic_name(urn: str, identity: Mapping[str, Any]) -> str:
    """Return the logical name and a short hash of the URN (project, stack, type, parents) and the identity."""
    logical = re.sub(r"[^A-Za-z0-9_-]+", "-", urn.rsplit("::", 1)[-1]).strip("-")
    text = json.dumps([urn, identity], sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{logical[:_LONGEST_PREFIX] or 'model'}-{digest[:_HASH_DIGITS]}"


def is_automatic(name: str) -> bool:
    """Say whether a name looks like one that nobody chose."""
    return re.fullmatch(rf".+-[0-9a-f]{{{_HASH_DIGITS}}}", name) is not None


def _identity(kind: Kind[Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    keys = (kind.immutable | {PROFILE}) - {kind.name_field}
    return {key: inputs[key] for key in sorted(keys) if inputs.get(key) is not None}
