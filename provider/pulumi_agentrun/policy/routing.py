"""What the routing model says of a stack's proxies: the facts that `pulumi-agentrun explain` tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..client.errors import ConfigError
from ..client.kinds import PROXY, SERVICE
from ..lifecycle.paths import Path
from ..routes.explaining import explain
from ..routes.facts import Proxy
from ..routes.subjects import Found as There
from ..routes.subjects import Subject
from .rule import Found, each
from .services import MODELS, NAME, SERVICE_URL, Services, proxies, targets
from .view import ENDPOINTS, FALLBACKS, POLICIES, Unjudged, View

_STRANGE = "names no model service of this stack, so nothing is known of it"


class Routes(NamedTuple):
    """What is known of the routes of a proxy."""

    proxy: View
    facts: Proxy
    unknown: tuple[Unjudged, ...]
    """The services that it names and the stack does not have: of whom and where they are is known to nobody."""
    hides_models: bool
    """Whether one of those alone knows what models its endpoint serves, so that facts about models lack some."""


def explained(views: Sequence[View]) -> Iterator[Routes | Unjudged]:
    """Yield the routes of each proxy; one that leads nowhere, which other rules say, is left out."""
    there = Services(views)

    def judge(proxy: View) -> Iterator[Routes]:
        subject = _subject(proxy, there)
        try:
            facts = explain(subject)
        except ConfigError:
            return
        strangers = [path for path in targets(proxy) if isinstance(path, tuple) and _is_strange(proxy, path, subject)]
        unknown = (Unjudged((*path, NAME), _STRANGE, proxy) for path in strangers)
        yield Routes(proxy, facts, tuple(unknown), any(_hides_models(proxy, path) for path in strangers))

    return each(proxies(views), judge)


def _is_strange(proxy: View, target: Path, subject: Subject) -> bool:
    name = proxy.text(*target, NAME)
    return bool(name) and name not in subject.services


def _hides_models(proxy: View, target: Path) -> bool:
    return target[: len(ENDPOINTS)] == ENDPOINTS and not _texts(proxy, *target, "model_names")


def _subject(proxy: View, there: Services) -> Subject:
    """Return a proxy and its services as the API has them. Raises Unjudged."""
    name = proxy.text("model_proxy_name") or proxy.name
    found = There(PROXY, name, None, {"modelProxyName": name, **_routes(proxy)}, _region(proxy))
    services: dict[str, There] = {}
    for target in targets(proxy):
        if isinstance(target, Unjudged):
            raise target
        of = proxy.text(*target, NAME)
        service = there.get(of, proxy)
        if of and service is not None:
            services[of] = There(SERVICE, of, None, _service(service), _region(service))
    return Subject(found, services)


def _region(view: View) -> str | None:
    return view.region if isinstance(view.region, str) else None


def _routes(proxy: View) -> dict[str, Any]:
    endpoints = [_endpoint(proxy, path) for path in proxy.items(*ENDPOINTS)]
    fallbacks = [
        _set({"modelServiceName": proxy.text(*path, NAME), "modelName": proxy.text(*path, "model_name")})
        for path in proxy.items(*FALLBACKS)
    ]
    retries, timeout = proxy.number(*POLICIES, "num_retries"), proxy.number(*POLICIES, "request_timeout")
    policies = _set({"numRetries": None if retries is None else int(retries), "requestTimeout": timeout})
    mode = proxy.text("proxy_mode") or ("multi" if len(endpoints) > 1 else "single")
    config = {"endpoints": endpoints, "policies": {**policies, "fallbacks": fallbacks}}
    return {"proxyMode": mode, "proxyConfig": config}


def _endpoint(proxy: View, path: Path) -> dict[str, Any]:
    return _set(
        {
            "modelServiceName": proxy.text(*path, NAME),
            "baseUrl": proxy.text(*path, "base_url"),
            "modelNames": _texts(proxy, *path, "model_names"),
            "weight": proxy.number(*path, "weight"),
        }
    )


def _service(service: View) -> dict[str, Any]:
    settings = _set({"baseUrl": service.text(*SERVICE_URL), "modelNames": _texts(service, *MODELS)})
    return _set({"provider": service.text("provider"), "providerSettings": settings})


def _texts(view: View, *path: str | int) -> list[str]:
    return [text for item in view.items(*path) if (text := view.text(*item))]


def _set(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, [])}


def each_explained(views: Sequence[View], judge: Callable[[Routes], Iterator[Found]]) -> Iterator[Found]:
    """Yield what is found in each proxy with its routes, and the gaps of those that have none."""
    return each(explained(views), judge)
