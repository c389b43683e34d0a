"""What the routing model says of a stack's proxies: the facts that `pulumi-agentrun explain` tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..client.errors import ConfigError
from ..client.kinds import PROXY, SERVICE
from ..lifecycle.paths import Path
from ..routes.explaining import explain
from ..routes.facts import Proxy
from ..routes.subjects import Found, Subject
from .rule import each
from .services import MODELS, NAME, SERVICE_URL, Services, proxies, targets
from .view import ENDPOINTS, FALLBACKS, POLICIES, Unjudged, View


def explained(views: Sequence[View]) -> Iterator[tuple[View, Proxy] | Unjudged]:
    """Yield each proxy with the facts of its routes; one that leads nowhere, which other rules say, is left out."""
    there = Services(views)

    def judge(proxy: View) -> Iterator[tuple[View, Proxy]]:
        subject = _subject(proxy, there)
        try:
            facts = explain(subject)
        except ConfigError:
            return
        yield proxy, facts

    return each(proxies(views), judge)


def _subject(proxy: View, there: Services) -> Subject:
    """Return a proxy and its services as the API has them. Raises Unjudged."""
    name = proxy.text("model_proxy_name") or proxy.name
    found = Found(PROXY, name, None, {"modelProxyName": name, **_routes(proxy)}, _region(proxy))
    services: dict[str, Found] = {}
    for target in targets(proxy):
        if isinstance(target, Unjudged):
            raise target
        of = proxy.text(*target, NAME)
        service = there.get(of, proxy)
        if of and service is not None:
            services[of] = Found(SERVICE, of, None, _service(service), _region(service))
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


Judge = Callable[[View, Proxy], Iterator[Any]]
"""What a rule makes of a proxy and its facts."""


def each_explained(views: Sequence[View], judge: Judge) -> Iterator[Any]:
    """Yield what is found in each proxy with its facts, and the gaps of those that have none."""
    return each(explained(views), lambda one: judge(*one))
