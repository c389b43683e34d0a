"""A kind that only tests have, with maps in it: of texts, of secrets and of objects, in an object and by itself."""

from __future__ import annotations

from typing import Annotated

import pytest
from pulumi_agentrun.client import kinds as client_kinds
from pulumi_agentrun.client.kinds import Kind
from pulumi_agentrun.client.models.exchange import CreateInput, ListInput, SystemProps, UpdateInput
from pulumi_agentrun.client.models.fields import Count, Model, Names, NotEmpty, SecretValue, Text
from pulumi_agentrun.platform import kinds, routes
from pulumi_agentrun.platform.shapes import INTEGER, STRING, Fields, Map


class Target(Model):
    """Where a route leads."""

    weight: Count | None = None
    """Its share."""
    token: SecretValue | None = None
    """What it is told."""
    model_names: Names | None = None
    """What it serves."""


class Gate(Model):
    """What stands in front of a route."""

    labels: dict[str, str] | None = None
    """What it says of itself."""


class RouteImmutableProps(Model):
    """What only the creation of a route can set."""

    route_name: Text | None = None
    """The name."""
    tags: dict[str, str] | None = None
    """What it is filed under."""


class RouteMutableProps(Model):
    """What an update of a route can change."""

    headers: dict[str, str] | None = None
    """What each request is given."""
    cookies: dict[str, SecretValue] | None = None
    """What each request is given that nobody may see."""
    targets: Annotated[dict[str, Target], NotEmpty()] | None = None
    """Where it leads, by name."""
    gate: Gate | None = None
    """What stands in front of it."""


class Route(RouteImmutableProps, RouteMutableProps, SystemProps):
    """A way that requests take."""

    route_id: str | None = None
    """The route's own id."""


class RouteCreateInput(RouteImmutableProps, RouteMutableProps, CreateInput[Route]):
    """A route to create."""

    route_name: Text


class RouteUpdateInput(RouteMutableProps, UpdateInput[Route]):
    """Changes to a route."""


class RouteListInput(ListInput[Route]):
    """Which routes to list."""


ROUTE: Kind[Route] = Kind(
    token="Route",
    plural="Routes",
    word="route",
    title="route",
    collection="routes",
    name_field="route_name",
    id_field="route_id",
    model=Route,
    create_input=RouteCreateInput,
    update_input=RouteUpdateInput,
    list_input=RouteListInput,
    in_short=lambda route: str(route.route_name),
)

_TEXTS = Map(STRING)
_TARGET: Fields = {"weight": INTEGER, "token": STRING, "modelNames": [STRING]}
_MUTABLE: Fields = {"headers": _TEXTS, "cookies": _TEXTS, "targets": Map(_TARGET), "gate": {"labels": _TEXTS}}
ON_THE_PLATFORM = kinds.Kind(
    title="route",
    action="Route",
    actions="Routes",
    collection="routes",
    prefix="rt",
    name_field="routeName",
    id_field="routeId",
    create={"routeName": STRING, "tags": _TEXTS, **_MUTABLE},
    update=_MUTABLE,
    required=("routeName",),
    filters=(),
    filled={},
)


def serve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client and the embedded platform have routes."""
    monkeypatch.setattr(client_kinds, "KINDS", (*client_kinds.KINDS, ROUTE))
    monkeypatch.setitem(kinds.KINDS, "route", ON_THE_PLATFORM)
    for operation in routes._operations(ON_THE_PLATFORM):
        monkeypatch.setitem(routes._TABLE, (operation.method, operation.collection, operation.named), operation)
