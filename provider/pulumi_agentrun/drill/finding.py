"""What there is to drill or explain: the proxies and model services of a stack's state, a preview or an account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic.alias_generators import to_camel

from ..client import ModelClient
from ..client.errors import ConfigError, ResourceNotExistError
from ..client.kinds import PROXY, SERVICE, Kind
from ..client.lenient import read_as
from ..client.models.shared import BackendType
from ..policy.view import DYNAMIC, PLUGIN
from ..routes.address import endpoint_region
from ..routes.subjects import OWN, Found, Subject, chosen_part, meant_by

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi tells secrets and other special values from objects."""
HIDDEN = "[secret]"
_NOT_KNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What a preview has for a value that it does not know yet."""
_NEEDED: dict[Kind[Any], tuple[str, ...]] = {
    PROXY: ("model_proxy_name", "proxy_mode", "proxy_config", "credential_name"),
    SERVICE: ("model_service_name", "provider", "provider_settings", "credential_name"),
}


def of_account(client: ModelClient, proxy: str | None) -> Subject:
    """Return a proxy that an account has, the only one unless it is named. Raises AgentRunError."""
    connection = client.session().connection
    region = endpoint_region(connection.base_url) or connection.region
    listed = client.iterate(PROXY.list_input())
    names = {str(item.model_proxy_name): Found(PROXY, str(item.model_proxy_name), None, {}, region) for item in listed}
    return _of_account(client, _the_proxy(names.values(), proxy, "the account").name, region)


def all_of_account(client: ModelClient) -> list[Subject]:
    """Return the proxies that an account has. Raises AgentRunError."""
    connection = client.session().connection
    region = endpoint_region(connection.base_url) or connection.region
    names = sorted(str(item.model_proxy_name) for item in client.iterate(PROXY.list_input()))
    return [_of_account(client, name, region) for name in names]


def _of_account(client: ModelClient, proxy: str, region: str | None) -> Subject:
    found = _found(PROXY, proxy, None, client.get(proxy, BackendType.PROXY).to_state(), region)
    services = {}
    for name in _services_of(found):
        try:
            shown = client.get(name, BackendType.SERVICE).to_state()
        except ResourceNotExistError:
            continue
        services[name] = _found(SERVICE, name, None, shown, region)
    return Subject(found, services)


def of_state(exported: Mapping[str, Any], proxy: str | None) -> Subject:
    """Return a proxy of a stack, from what `pulumi stack export` says. Raises ConfigError."""
    return _chosen(all_of_state(exported), proxy)


def all_of_state(exported: Mapping[str, Any]) -> list[Subject]:
    """Return the proxies of a stack, from what `pulumi stack export` says; of some there may be a gap."""
    resources = (exported.get("deployment") or {}).get("resources") or []
    return _subjects(_in_program((r, r.get("outputs") or {}, None) for r in resources if not r.get("delete")))


def of_preview(shown: Mapping[str, Any], proxy: str | None) -> Subject:
    """Return a proxy of a program, from what `pulumi preview --json --show-sames` says. Raises ConfigError."""
    return _chosen(all_of_preview(shown), proxy)


def all_of_preview(shown: Mapping[str, Any]) -> list[Subject]:
    """Return the proxies of a program, from what `pulumi preview --json --show-sames` says; with a gap in some."""
    resources = []
    for step in shown.get("steps") or []:
        state = step.get("newState")
        # What is replaced has several steps: each but the deletion shows what will be.
        if state and "delete" not in step.get("op", ""):
            before = (step.get("oldState") or {}).get("outputs") or {}
            resources.append((state, state.get("inputs") or {}, before.get("region")))
    region = (shown.get("config") or {}).get("agentrun:region")
    return _subjects(_in_program((state, inputs, own or region) for state, inputs, own in resources))


def _in_program(resources: Iterable[tuple[Mapping[str, Any], Mapping[str, Any], str | None]]) -> dict[str, Found]:
    """Return the resources of ours by their URNs."""
    found: dict[str, Found] = {}
    for resource, values, region in resources:
        kind = kind_of(resource["type"])
        if kind is not None and resource.get("custom"):
            logical = resource["urn"].rsplit("::", 1)[1]
            name = either(values, kind.name_field)
            known = name if isinstance(name, str) and name not in (_NOT_KNOWN, HIDDEN) else logical
            own = either(values, "region")
            found[resource["urn"]] = _found(kind, known, logical, values, own if isinstance(own, str) else region)
    return found


def kind_of(type_token: str) -> Kind[Any] | None:
    """Return the kind that decides on routes of a resource's type, through either door; None of another type."""
    kinds = {f"{prefix}{kind.token}": kind for kind in _NEEDED for prefix in (DYNAMIC, PLUGIN)}
    return kinds.get(type_token)


def _subjects(found: Mapping[str, Found]) -> list[Subject]:
    services = {item.name: item for item in found.values() if item.kind is SERVICE}
    return [
        Subject(item, {name: services[name] for name in _services_of(item) if name in services})
        for item in found.values()
        if item.kind is PROXY
    ]


def _chosen(subjects: Sequence[Subject], proxy: str | None) -> Subject:
    chosen = _the_proxy([subject.proxy for subject in subjects], proxy, "the stack")
    if chosen.gap:
        raise ConfigError(f"The proxy {chosen.logical} cannot be drilled: {chosen.gap}.")
    return next(subject for subject in subjects if subject.proxy is chosen)


def _the_proxy(proxies: Iterable[Found], name: str | None, where: str) -> Found:
    there = list(proxies)
    if not there:
        raise ConfigError(f"There is no model proxy in {where}, so there is nothing to drill.")
    known = {item.logical or item.name: item for item in there}
    if name is None:
        if len(there) > 1:
            raise ConfigError(f"There are several model proxies in {where}: choose one of {', '.join(known)}.")
        return there[0]
    for item in there:
        if name in (item.name, item.logical, chosen_part(item.name)):
            return item
    raise ConfigError(f"There is no model proxy {name!r} in {where}{meant_by(name, known)}")


def _found(kind: Kind[Any], name: str, logical: str | None, values: Mapping[str, Any], region: str | None) -> Found:
    """Return a resource as its body is on the wire, with what a drill needs and no key."""
    needed = {key: value for key in _NEEDED[kind] if (value := either(values, key)) not in (None, HIDDEN, _NOT_KNOWN)}
    gap = next(_gaps(either(values, "proxy_config"), "proxy_config"), None)
    body = {} if gap else read_as(kind.model, needed).to_wire()
    body.get("providerSettings", {}).pop("apiKey", None)
    return Found(kind, name, logical, {**body, to_camel(kind.name_field): name}, region, gap, _key_of(needed))


def _key_of(needed: Mapping[str, Any]) -> str:
    """Return where a service's key comes from; of the key itself, only whether there is one."""
    credential, settings = needed.get("credential_name"), needed.get("provider_settings")
    if isinstance(credential, str) and credential:
        return f"credential {credential}"
    if not isinstance(settings, Mapping):
        return ""
    reference = either(settings, "api_key_from")
    return reference if isinstance(reference, str) else OWN if either(settings, "api_key") is not None else ""


def _gaps(value: Any, path: str) -> Iterator[str]:
    """Yield what is wrong with values that are secret or not known."""
    if value in (HIDDEN, _NOT_KNOWN):
        yield f"{path} is {'secret' if value == HIDDEN else 'not known before the update'}"
    elif isinstance(value, Mapping):
        if SIGNATURE in value:
            yield f"{path} is secret"
        else:
            for key, item in value.items():
                yield from _gaps(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _gaps(item, f"{path}[{index}]")


def _services_of(proxy: Found) -> list[str]:
    config = proxy.body.get("proxyConfig", {})
    named = (*config.get("endpoints", ()), *config.get("policies", {}).get("fallbacks", ()))
    return list(dict.fromkeys(target["modelServiceName"] for target in named if target.get("modelServiceName")))


def either(values: Mapping[str, Any], name: str) -> Any:
    """Return a value under its name, None if there is none, spelled as in Python or as in the plugin's schema."""
    first, *others = name.split("_")
    return values.get(name, values.get(first + "".join(other.title() for other in others)))
