"""Holds the fields and operations of client and platform to the official client; what differs stands in a table.

A new official release fails here with each field and operation that it brings.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from alibabacloud_agentrun20250910 import models as api
from alibabacloud_agentrun20250910.client import Client
from alibabacloud_tea_openapi.models import Config
from pulumi_agentrun.client import operations
from pulumi_agentrun.client.kinds import KINDS, Kind
from pulumi_agentrun.platform import Fault
from pulumi_agentrun.platform import kinds as platform_kinds
from pulumi_agentrun.platform.routes import OPERATIONS
from pydantic.alias_generators import to_snake
from unit.field_types import (
    Types,
    client_types,
    official_types,
    platform_sample,
    platform_types,
    sample,
    together,
    types_of_answer,
)

_NUMBERS = "a parameter such as temperature has limits like 0.5"
_LISTED = "the official client calls it required in a list, and sends a list without"
DIFFERENCES = {
    ("client", "ModelService.modelInfoConfigs[].modelParameterRules[].max"): (
        "integer: create update answer", "number: create update answer", _NUMBERS,
    ),
    ("client", "ModelService.modelInfoConfigs[].modelParameterRules[].min"): (
        "integer: create update answer", "number: create update answer", _NUMBERS,
    ),
    ("platform", "ModelService.modelInfoConfigs[].modelParameterRules[].max"): (
        "integer: create update answer", "number: create update answer", _NUMBERS,
    ),
    ("platform", "ModelService.modelInfoConfigs[].modelParameterRules[].min"): (
        "integer: create update answer", "number: create update answer", _NUMBERS,
    ),
    ("client", "ModelService.modelType"): (
        "string: create! answer list!", "string: create! answer list",
        _LISTED,
    ),
    ("platform", "ModelService.modelType"): (
        "string: create! answer list!", "string: create! answer list",
        _LISTED,
    ),
    ("platform", "ModelService.providerType"): (
        "string: list", "-", "the services have no field of that name, so what it goes by is unknown",
    ),
    ("client", "ModelProxy.cpu"): (
        "number: create! answer", "number: create answer", "2 unless given, as agentrun-sdk 0.0.54 has it",
    ),
    ("client", "ModelProxy.memory"): (
        "integer: create! answer", "integer: create answer", "4096 unless given, as there",
    ),
    ("client", "ModelProxy.proxyMode"): (
        "string: create! answer list", "string: create answer list", "derived from the number of endpoints, as there",
    ),
    ("client", "ListModelProviders"): (
        "GET model-providers", "-", "no resource needs the catalogue",
    ),
}  # fmt: skip
"""By table (`client`, `platform`) and by field or operation: what the official client has, what we have, and why."""
LEFT_OUT = dict.fromkeys(
    ("browsers", "code-interpreters", "memory-collections", "runtimes", "sandboxes", "templates", "tools"),
    "running agents is not setting up models",
) | {
    "accessToken": "the data plane's",
    "custom-domains": "not of models",
    "flows": "not of models",
    "im-bots": "not of models",
    "knowledgebases": "not of models",
    "workspaces": "a workspace is named by its id, whoever made it",
}
"""The collections of the API that this package leaves alone, and why."""

NAME = "a b/ü~*+"
WORDS = {"proxyMode": "single"}
"""What the platform takes for texts that cannot be any."""
by_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.token)


def _official_kind(kind: Kind[Any]) -> dict[str, str]:
    names = {
        "create": f"Create{kind.token}Input",
        "update": f"Update{kind.token}Input",
        "answer": kind.token,
        "list": f"List{kind.plural}Request",
    }
    return together(**{part: official_types(getattr(api, name)) for part, name in names.items()})


def _check(table: str, official: Mapping[str, str], ours: Mapping[str, str], prefix: str = "") -> None:
    """Hold what differs to the table; an entry that is no difference any more fails too."""
    found = {
        f"{prefix}{path}": (official.get(path, "-"), ours.get(path, "-"))
        for path in {**official, **ours}
        if official.get(path) != ours.get(path)
    }
    wanted = {path: value[:2] for (which, path), value in DIFFERENCES.items() if which == table}
    assert found == {
        path: value for path, value in wanted.items() if (path.startswith(prefix) if prefix else "." not in path)
    }


@by_kind
def test_the_clients_fields_are_the_official_ones(kind: Kind[Any]) -> None:
    ours = together(
        create=client_types(kind.create_input),
        update=client_types(kind.update_input),
        answer=client_types(kind.model, shown=True),
        list=client_types(kind.list_input),
    )
    _check("client", _official_kind(kind), ours, f"{kind.token}.")


@by_kind
def test_the_platforms_fields_are_the_official_ones(kind: Kind[Any], platform: Any, call: Any) -> None:
    table = platform_kinds.KINDS[kind.title]
    create = platform_types(table.create, table.required)
    platform.inject(Fault(operation=f"Create{kind.token}", outcome="CREATE_FAILED", reason="no room"))
    call("POST", kind.collection, platform_sample(table.create) | WORDS)
    shown = types_of_answer(_named_by_all(kind, call), create)
    heard = _heard(f"List{kind.plural}", call)
    ours = together(create=create, update=platform_types(table.update), answer=shown, list=heard)
    _check("platform", _official_kind(kind), ours, f"{kind.token}.")


def _named_by_all(kind: Kind[Any], call: Any) -> dict[str, Any]:
    """Return what is shown of a resource that others name: a sample names what is called like the field."""
    for other in platform_kinds.KINDS.values():
        call("POST", other.collection, platform_sample(other.create) | WORDS)
    name = platform_kinds.KINDS[kind.title].name_field
    shown: dict[str, Any] = call("GET", f"{kind.collection}/{name}").data
    return shown


@by_kind
def test_the_items_of_lists_are_the_official_ones(kind: Kind[Any], platform: Any, call: Any) -> None:
    official = official_types(getattr(api, f"List{kind.plural}Output"))
    wanted = {path.removeprefix("items[].") for path in official if path.startswith("items[].")}
    item = client_types(kind.item or kind.model, shown=True)
    assert item.keys() == wanted
    platform.inject(Fault(operation=f"Create{kind.token}", outcome="CREATE_FAILED", reason="no room"))
    _named_by_all(kind, call)
    (listed,) = call("GET", kind.collection).data["items"]
    assert types_of_answer(listed, item).keys() == wanted


def _heard(action: str, call: Any) -> Types:
    """Return the parameters of a list that the platform goes by: a value that fits nothing changes the answer."""
    request = official_request(action, _listed(action))
    collection = request["path"].rpartition("/")[2]
    everything = call("GET", collection).data
    assert everything["items"]
    known = official_types(getattr(api, f"{action}Request"))
    changed = [name for name in request["query"] if call("GET", f"{collection}?{name}=7").data != everything]
    return {name: known[name].rstrip("!") for name in changed}


def test_the_platform_hears_how_to_list_providers(call: Any) -> None:
    assert _heard("ListModelProviders", call) == official_types(api.ListModelProvidersRequest)


def test_each_difference_can_be_met_and_has_its_reason() -> None:
    tokens = {kind.token for kind in KINDS}
    assert {table for table, _ in DIFFERENCES} <= {"client", "platform"}
    assert {path.split(".")[0] for _, path in DIFFERENCES if "." in path} <= tokens
    assert all(why for *_, why in DIFFERENCES.values())
    assert all(LEFT_OUT.values())


class Recorder(Client):  # type: ignore[misc]
    """The official client up to the request that it would sign and send."""

    def __init__(self) -> None:
        super().__init__(Config(access_key_id="ak", access_key_secret="sk", endpoint="127.0.0.1"))

    def call_api(self, params: Any, request: Any, runtime: Any) -> dict[str, Any]:
        self.sent = {
            "action": params.action,
            "version": params.version,
            "method": params.method,
            "path": params.pathname,
            "query": dict(request.query or {}),
            "body": request.body,
        }
        return {}


def official_request(action: str, *arguments: Any) -> dict[str, Any]:
    recorder = Recorder()
    getattr(recorder, to_snake(action))(*arguments)
    return recorder.sent


def _listed(action: str) -> Any:
    """Return the request of a list with every parameter set."""
    return sample(getattr(api, f"{action}Request"))


def _written(action: str) -> Any:
    return getattr(api, f"{action}Request")(body=sample(getattr(api, f"{action}Input")))


def _requests(kind: Kind[Any]) -> Iterator[tuple[dict[str, Any], operations.Operation[Any]]]:
    """Yield what the official client sends beside what the client sends for the same arguments."""
    token, many = kind.token, f"List{kind.plural}"
    created, updated = _written(f"Create{token}"), _written(f"Update{token}")
    listed = official_request(many, _listed(many))
    given: Any = kind.create_input.model_validate(created.body.to_map())
    yield official_request(f"Create{token}", created), operations.create(given)
    yield official_request(f"Get{token}", NAME), operations.get(kind, NAME)
    changes: Any = kind.update_input.model_validate(updated.body.to_map())
    yield official_request(f"Update{token}", NAME, updated), operations.update(NAME, changes)
    yield official_request(f"Delete{token}", NAME), operations.delete(kind, NAME)
    yield listed, operations.list_page(kind.list_input.model_validate(listed["query"]))


@by_kind
def test_the_clients_requests_are_the_official_ones(kind: Kind[Any]) -> None:
    for official, ours in _requests(kind):
        sent = {
            "action": ours.action,
            "version": operations.VERSION,
            "method": ours.method,
            "path": ours.path,
            "query": dict(ours.query),
            "body": json.loads(ours.body) if ours.body else None,
        }
        assert sent == official


def _official_operations() -> dict[str, str]:
    """Return the method and the path after the version, by action, of all that the official client can do."""
    source = inspect.getsource(Client)
    found = re.findall(r"action = '(\w+)',.*?pathname = f'/[\d-]+/([^']+)',\s+method = '(\w+)'", source, re.DOTALL)
    assert 2 * len(found) == 2 * source.count("action = '")  # each is written twice, for the second is async
    return {action: f"{method} {_place(path)}" for action, path, method in found}


def _place(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "NAME", path.removeprefix("agents/"))


def _collection(place: str) -> str:
    return place.partition(" ")[2].split("/")[0]


def test_every_official_operation_is_known_or_left_out() -> None:
    official = _official_operations()
    collections = {operation.collection for operation in OPERATIONS}
    assert {_collection(place) for place in official.values()} - collections == LEFT_OUT.keys()
    known = {action: place for action, place in official.items() if _collection(place) in collections}
    platform = {item.action: f"{item.method} {item.collection}{'/NAME' * item.named}" for item in OPERATIONS}
    _check("platform", known, platform)
    assert (_client_operations().keys() & official.keys()) <= known.keys()
    _check("client", known, _client_operations())


def _client_operations() -> dict[str, str]:
    """Return the operations on kinds as they are sent, and any other that the client's source names."""
    found = dict.fromkeys(re.findall(r'action="(\w+)"', inspect.getsource(operations)), "in operations.py")
    for kind in KINDS:
        for _, ours in _requests(kind):
            path = ours.path.removeprefix(f"{operations.ROOT}/").replace(quote(NAME, safe="~"), "NAME")
            found[ours.action] = f"{ours.method} {path}"
    return found
