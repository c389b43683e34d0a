"""What of a call to the provider is kept and compared: nothing secret, nothing random."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_agentrun.client.kinds import KINDS

_PREFIXES = ("pulumi-python:dynamic/agentrun:", "agentrun:index:")
VERBS = ("CheckConfig", "DiffConfig", "Configure", "Check", "Diff", "Create", "Read", "Update", "Delete")
"""The calls that are kept; for schemas, versions and the like the engine asks at any time."""
PROPERTIES = ("olds", "oldInputs", "news", "properties", "inputs")
NOTHING = "nothing"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How Pulumi's wire writes what a preview does not know."""
SECRET = "4dabf18193072939515e22adb298388d"
_AUTOMATIC = re.compile(r"\b([a-z])-[0-9a-f]{7}\b")
_VERSIONED = re.compile(r"default(?:_\d+)+(?:_github_/\S*)?")  # and where its SDK says to download it
_TYPES = {
    **{f"{prefix}{kind.token}": kind.word for kind in KINDS for prefix in _PREFIXES},
    "pulumi:providers:pulumi-python": "account",
    "pulumi:providers:agentrun": "account",
    "tests:index:Group": "group",
}
Call = dict[str, Any]


def about(urn: str) -> str:
    """Return the type and name in a URN: `service a`, `group/service a`."""
    types, name = urn.split("::")[2:]
    if types == "pulumi:providers:agentrun":
        # The version is that of the SDK; `pulumi import` knows of none.
        name = "default without a version" if name == "default" else _VERSIONED.sub("default", name)
    return " ".join(["/".join(_TYPES.get(part, part) for part in types.split("$")), name])


def condensed(host: int, verb: str, given: Mapping[str, Any], answer: Any) -> Call:
    """Return what is kept of a call, from its request and answer as Pulumi's JSON, or from a word for its end."""
    call: Call = {"host": host, "verb": verb, "of": about(given["urn"])}
    if verb in ("CheckConfig", "DiffConfig", "Configure"):
        return call | (
            {"answer": answer} if answer in ("failed", "never came") else {}
        )  # unimplemented is an answer, too
    call |= {"id": given["id"]} if given.get("id") else {}
    call |= {key: told(given[key]) for key in PROPERTIES if told(given.get(key)) != NOTHING}
    call |= {key: given[key] for key in ("preview", "timeout", "ignoreChanges", "autonaming") if given.get(key)}
    return call | {"answer": answer if isinstance(answer, str) else _answered(verb, answer)}


def _answered(verb: str, answer: Mapping[str, Any]) -> str:
    if verb == "Check":
        return "refused" if answer.get("failures") else told(answer.get("inputs"))
    if verb == "Diff":
        if answer.get("replaces"):
            return "replace, delete first" if answer.get("deleteBeforeReplace") else "replace"
        return "update" if answer.get("changes") == "DIFF_SOME" else "same"
    if verb == "Read":
        return f"{told(answer.get('properties'))}, {told(answer.get('inputs'))}" if answer.get("id") else "gone"
    return told(answer["properties"]) if answer.get("properties") else "done"


def told(struct: Mapping[str, Any] | None) -> str:
    """Return in a few words which properties these are: inputs or outputs, the name, the text, where it leads."""
    props = {_snake(key): _shown(value) for key, value in (struct or {}).items()}
    props = {key: value for key, value in props.items() if value is not None and not key.startswith("__")}
    if not props:
        return NOTHING
    which = "outputs" if "created_at" in props else "inputs"
    name = props.get("model_service_name") or props.get("model_proxy_name") or "unnamed"
    words = [which, name, props.get("description", "")]
    for endpoint in _endpoints(props.get("proxy_config")):
        words += ["->", endpoint]
    return " ".join("?" if word == UNKNOWN else str(word) for word in words if word)


def in_order(calls: Iterable[Call]) -> list[int]:
    """Return the positions of calls in an order that is the same each time, and number the processes by it.

    The engine does not wait for Configure to end, so it stands just before the first call that needs it.
    """
    found, waiting = list[int](), dict[int, list[int]]()
    listed = list(calls)
    for position, call in enumerate(listed):
        if call["verb"] == "Configure":
            waiting.setdefault(call["host"], []).append(position)
        else:
            found += [*waiting.pop(call["host"], ()), position]
    found += [position for positions in waiting.values() for position in positions]
    hosts: dict[int, int] = {}
    for position in found:
        call = listed[position]
        call["host"] = hosts.setdefault(call["host"], len(hosts) + 1)
    return found


def sent_off(calls: Iterable[Call]) -> dict[str, str]:
    """Return the names under which resources were to be created, by logical name, for some never come into state."""
    made = [call for call in calls if call["verb"] == "Create"]
    return {call["of"].rsplit(" ", 1)[1]: call["properties"].split()[1] for call in made}


def _endpoints(config: Any) -> Iterable[str]:
    if config == UNKNOWN:
        yield UNKNOWN
    elif isinstance(config, Mapping):
        for endpoint in config["endpoints"]:
            yield endpoint.get("model_service_name") or endpoint.get("modelServiceName")


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda letter: f"_{letter[1].lower()}", key)


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _shown(value.get("value")) if SECRET in value else {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value


class Names:
    """Automatic names by the order in which a history shows them: `a#1`, for their hashes differ between the doors."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def plain(self, value: Any) -> Any:
        """Return anything with the automatic names in it replaced."""
        if isinstance(value, str):
            return _AUTOMATIC.sub(self._number, value)
        if isinstance(value, Mapping):
            return {key: self.plain(item) for key, item in value.items()}
        return [self.plain(item) for item in value] if isinstance(value, list) else value

    def _number(self, found: re.Match[str]) -> str:
        if found[0] not in self._known:
            before = sum(name.startswith(f"{found[1]}#") for name in self._known.values())
            self._known[found[0]] = f"{found[1]}#{before + 1}"
        return self._known[found[0]]
