"""The properties of a kind: between what the engine sends and the lifecycle's plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as messages

from ..client.kinds import KINDS, Kind
from ..lifecycle import diff
from ..lifecycle.casing import camel, from_schema, path_in_schema, properties, to_schema
from ..lifecycle.check import Failure
from ..lifecycle.controller import Compared
from ..lifecycle.paths import dotted
from ..lifecycle.schema import map_secrets, shapes_of
from . import values
from .values import Properties, hidden_once, hide
from .verdicts import some

TYPES: dict[str, Kind[Any]] = {f"agentrun:index:{kind.token}": kind for kind in KINDS}
"""The kinds by type token, which is part of every URN in state."""

_VERBS = {
    ("add", False): messages.PropertyDiff.ADD,
    ("add", True): messages.PropertyDiff.ADD_REPLACE,
    ("delete", False): messages.PropertyDiff.DELETE,
    ("delete", True): messages.PropertyDiff.DELETE_REPLACE,
    ("update", False): messages.PropertyDiff.UPDATE,
    ("update", True): messages.PropertyDiff.UPDATE_REPLACE,
}


def kind_of(urn: str) -> Kind[Any]:
    """Return the kind of the resource that a URN names."""
    token = urn.split("::")[2].rsplit("$", 1)[-1]
    return TYPES[token]


def plain(kind: Kind[Any], given: Struct | Properties) -> dict[str, Any]:
    """Return properties that were checked before as the lifecycle has them."""
    found = given if isinstance(given, Properties) else values.read(given)
    return from_schema(properties(kind), found.values, [])


def wanted(
    kind: Kind[Any], given: Properties, olds: Mapping[str, Any], request: messages.CheckRequest
) -> tuple[dict[str, Any], list[Failure]]:
    """Return what a program wants as the lifecycle has it, and what is wrong with its spelling.

    The name is that of `pulumi:autonaming` in stack configuration, if it has a say.
    """
    failures: list[Failure] = []
    news = from_schema(properties(kind), given.values, failures)
    mode = request.autonaming.mode if request.HasField("autonaming") else None
    if news.get(kind.name_field) is None and mode not in (None, messages.CheckRequest.AutonamingOptions.PROPOSE):
        name = olds.get(kind.name_field) or request.autonaming.proposed_name
        if not name:
            failures.append(Failure((camel(kind.name_field),), "must be set, for pulumi:autonaming is disabled"))
        news[kind.name_field] = name or None
    return news, failures


def struct(kind: Kind[Any], props: Mapping[str, Any], given: Properties | None) -> Struct:
    """Return properties as the schema has them, what is a key or was given as a secret hidden."""
    hidden = to_schema(properties(kind), map_secrets(kind, dict(props), hidden_once))
    return values.write(hide(hidden, given.secrets if given else ()))


def diff_response(kind: Kind[Any], compared: Compared, news: Mapping[str, Any]) -> messages.DiffResponse:
    """Return what a comparison has found, down to the properties that differ."""
    found, shapes = compared.diff, properties(kind)
    details = {
        dotted(path_in_schema(shapes, edit.path)): messages.PropertyDiff(
            kind=_VERBS[edit.verb, edit.path[0] in found.replaces], inputDiff=edit.path[0] in shapes_of(kind)
        )
        for edit in diff.edits(kind, found, compared.olds, news)
    }
    return messages.DiffResponse(
        changes=some(found.changed),
        diffs=[camel(key) for key in found.changed],
        replaces=[camel(key) for key in found.replaces],
        stables=[] if found.replaces else [camel(key) for key in sorted(kind.immutable | {kind.id_field})],
        deleteBeforeReplace=found.delete_before_replace,
        detailedDiff=details,
        hasDetailedDiff=True,
    )
