"""What there is to drill or explain: the proxies and model services of a stack's state, a preview or an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from pydantic.alias_generators import to_camel

from ..client import ModelClient
from ..client.errors import ConfigError, ResourceNotExistError
from ..client.kinds import PROXY, SERVICE, Kind
from ..client.lenient import read_as
from ..client.models.shared import BackendType
from ..policy.view import DYNAMIC, PLUGIN
from ..routes.address import connected_region
from ..routes.facts import Standing
from ..routes.standing import NOT_KNOWN, Standings, standing
from ..routes.subjects import OWN, Found, Subject, chosen_part, meant_by
from .whereabouts import Program, Whereabouts, deployed

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi tells secrets and other special values from objects."""
HIDDEN = "[secret]"
_NOT_KNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What a preview has for a value that it does not know yet."""
_NEEDED: dict[Kind[Any], tuple[str, ...]] = {
    PROXY: ("model_proxy_name", "model_type", "proxy_mode", "proxy_config", "credential_name"),
    SERVICE: ("model_service_name", "provider", "provider_settings", "credential_name"),
}


class _Placed(NamedTuple):
    found: Found
    where: Whereabouts


def of_account(client: ModelClient, proxy: str | None) -> Subject:
    """Return a proxy that an account has, the only one unless it is named. Raises AgentRunError."""
    region = connected_region(client.session().connection)
    listed = client.iterate(PROXY.list_input())
    names = {str(item.model_proxy_name): Found(PROXY, str(item.model_proxy_name), None, {}, region) for item in listed}
    name = _the_proxy(names.values(), proxy, "the account").name
    return _of_account(client, name, region, _services(client, region))


def all_of_account(client: ModelClient) -> list[Subject]:
    """Return the proxies that an account has. Raises AgentRunError."""
    region = connected_region(client.session().connection)
    service = _services(client, region)
    names = sorted(str(item.model_proxy_name) for item in client.iterate(PROXY.list_input()))
    return [_of_account(client, name, region, service) for name in names]


def _services(client: ModelClient, region: str | None) -> Callable[[str], Found | None]:
    """Return what tells a service of an account, None if there is none; it asks for each once, for many proxies."""

    @cache
    def service(name: str) -> Found | None:
        try:
            shown = client.get(name, BackendType.SERVICE).to_state()
        except ResourceNotExistError:
            return None
        return _found(SERVICE, name, None, shown, region)

    return service


def _of_account(client: ModelClient, proxy: str, region: str | None, service: Callable[[str], Found | None]) -> Subject:
    found = _found(PROXY, proxy, None, client.get(proxy, BackendType.PROXY).to_state(), region)
    there = {name: service(name) for name in _services_of(found)}
    services = {name: known for name, known in there.items() if known is not None}
    return Subject(found, services, frozenset(there.keys() - services.keys()))


def of_state(exported: Mapping[str, Any], proxy: str | None) -> Subject:
    """Return a proxy of a stack, from what `pulumi stack export` says. Raises ConfigError."""
    return _chosen(all_of_state(exported), proxy)


def all_of_state(exported: Mapping[str, Any]) -> list[Subject]:
    """Return the proxies of a stack, from what `pulumi stack export` says; of some there may be a gap."""
    return _subjects(_in_state(exported))


def standings_of_state(exported: Mapping[str, Any]) -> Standings:
    """Return where all proxies and services of a stack stand, from what `pulumi stack export` says."""
    found = (placed.found for placed in _in_state(exported))
    return {(one.kind.title, one.logical or one.name): one.standing for one in found if one.standing}


def _in_state(exported: Mapping[str, Any]) -> list[_Placed]:
    resources = (exported.get("deployment") or {}).get("resources") or []
    there = [resource for resource in resources if not resource.get("delete")]
    return _in_program((resource, resource.get("outputs") or {}, deployed(resource)) for resource in there)


def of_preview(shown: Mapping[str, Any], proxy: str | None) -> Subject:
    """Return a proxy of a program, from what `pulumi preview --json --show-sames` says. Raises ConfigError."""
    return _chosen(all_of_preview(shown), proxy)


def all_of_preview(shown: Mapping[str, Any]) -> list[Subject]:
    """Return the proxies of a program, from what `pulumi preview --json --show-sames` says; with a gap in some."""
    program, resources = Program(shown), []
    for step in shown.get("steps") or []:
        state = step.get("newState")
        # What is replaced has several steps: each but the deletion shows what will be.
        if state and "delete" not in step.get("op", ""):
            resources.append((state, state.get("inputs") or {}, program.where(state, step.get("oldState"))))
    return _subjects(_in_program(resources))


def _in_program(resources: Iterable[tuple[Mapping[str, Any], Mapping[str, Any], Whereabouts]]) -> list[_Placed]:
    """Return the resources of ours, each once, with where they are."""
    found: dict[str, _Placed] = {}
    for resource, values, where in resources:
        kind = kind_of(resource["type"])
        if kind is not None and resource.get("custom"):
            logical = resource["urn"].rsplit("::", 1)[1]
            name = either(values, kind.name_field)
            known = name if isinstance(name, str) and name not in (_NOT_KNOWN, HIDDEN) else logical
            found[resource["urn"]] = _Placed(_found(kind, known, logical, values, where.region), where)
    return [*found.values()]


def kind_of(type_token: str) -> Kind[Any] | None:
    """Return the kind that decides on routes of a resource's type, through either door; None of another type."""
    kinds = {f"{prefix}{kind.token}": kind for kind in _NEEDED for prefix in (DYNAMIC, PLUGIN)}
    return kinds.get(type_token)


def _subjects(there: Sequence[_Placed]) -> list[Subject]:
    services = [placed for placed in there if placed.found.kind is SERVICE]
    return [_subject(placed, services) for placed in there if placed.found.kind is PROXY]


def _subject(proxy: _Placed, services: Iterable[_Placed]) -> Subject:
    """Return a proxy with the services of its own place; one of another place is none to its gateway."""
    beside: dict[str, Found] = {}
    elsewhere: set[str] = set()
    named = {*_services_of(proxy.found)}
    for service in services:
        name = service.found.name
        if name in named and service.where.is_beside(proxy.where):
            beside[name] = service.found
        elif name in named:
            elsewhere.add(name)
    return Subject(proxy.found, beside, frozenset(elsewhere - beside.keys()))


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
    if _hides_url(needed.get("provider_settings")):
        body.setdefault("providerSettings", {})["baseUrl"] = HIDDEN
    body = {**body, to_camel(kind.name_field): name}
    return Found(kind, name, logical, body, region, gap, _key_of(needed), _standing(values))


def _standing(values: Mapping[str, Any]) -> Standing:
    return standing(
        _text(values, "network_configuration", "network_mode"),
        _text(values, "execution_role_arn"),
        [_text(values, "log_configuration", part) for part in ("project", "logstore")],
    )


def _text(values: Any, *path: str) -> str | None:
    """Return a text, None if it is not given, and what stands for one that is secret or not known."""
    for name in path:
        values = either(values, name) if isinstance(values, Mapping) else None
        if values in (HIDDEN, _NOT_KNOWN) or (isinstance(values, Mapping) and SIGNATURE in values):
            return NOT_KNOWN
    return None if values is None else str(values)


def _hides_url(settings: Any) -> bool:
    """Say whether a service has a URL that may not be shown; without one, its provider's is called."""
    if not isinstance(settings, Mapping):
        return False
    return SIGNATURE in settings or isinstance(either(settings, "base_url"), Mapping)


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
