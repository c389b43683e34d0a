"""The rule that no request goes in circles: by fallbacks to what has failed, or by addresses that lead back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...lifecycle.paths import Path
from ...routes.address import Address, address_of
from ..rule import Finding, Found, NoSettings, apart, each, told_apart, unless
from ..services import MODELS, NAME, Services, proxies, targets
from ..spelling import plain
from ..view import ENDPOINTS, FALLBACKS, Unjudged, View


def no_cycles(views: Sequence[View], settings: NoSettings) -> Iterator[Found]:
    """Yield fallbacks to what has just failed, and what leads back to the proxy that it stands behind."""
    net = _Net(views)
    return each(proxies(views), lambda proxy: apart(repeated(proxy, net.services), _back(proxy, net)))


def repeated(proxy: View, there: Services) -> Iterator[Found]:
    """Yield fallbacks that stand in the list twice, or are all that any endpoint has tried before."""
    before: set[tuple[str, str]] = set()

    def judge(path: Path) -> Iterator[Found]:
        name, model = proxy.text(*path, NAME) or "", plain(proxy.text(*path, "model_name") or "")
        if not name and not model:
            return
        tried, gaps = told_apart(
            apart(each(proxy.items(*ENDPOINTS), lambda endpoint: [_tries(proxy, endpoint, name, model, there)]))
        )
        found = Finding(path, "falls back to what has been tried already", proxy)
        if (name, model) in before:
            yield found
        elif all(tried) and (tried or gaps):
            yield from unless(gaps, found)
        before.add((name, model))

    return each(proxy.items(*FALLBACKS), judge)


def _tries(proxy: View, endpoint: Path, name: str, model: str, there: Services) -> bool:
    """Say whether every request through an endpoint has been to a service, for a model or else the request's own.

    A fallback without a service goes to what the endpoints have of its model.
    """
    if name and proxy.text(*endpoint, NAME) != name:
        return False
    if not model:
        return True
    routed = [proxy.text(*item) for item in proxy.items(*endpoint, "model_names")]
    service = there.get(proxy.text(*endpoint, NAME), proxy)
    offered = [service.text(*item) for item in service.items(*MODELS)] if service and not routed else []
    return {plain(item or "") for item in routed or offered} == {model}


class _Net:
    """Which addresses lead to which proxies of a stack."""

    def __init__(self, views: Sequence[View]) -> None:
        self.services = Services(views)
        found, self._gaps = told_apart(each(proxies(views), _entrance))
        self._entrances: dict[Address, list[View]] = {}
        for entrance, proxy in found:
            self._entrances.setdefault(entrance, []).append(proxy)

    def behind(self, proxy: View, path: Path) -> Iterator[View | Unjudged]:
        """Yield the proxy that requests to one of a proxy's targets come to: the one with the nearest entrance."""
        address = self._address(proxy, path)
        if address is not None:
            found = (self._entrances[above] for above in address.ways_up() if above in self._entrances)
            yield from next(found, self._gaps)

    def _address(self, proxy: View, path: Path) -> Address | None:
        url = proxy.text(*path, "base_url")
        if not url:
            service = self.services.get(proxy.text(*path, NAME), proxy)
            url = service.text("provider_settings", "base_url") if service else None
        return address_of(url) if url else None


def _entrance(proxy: View) -> Iterator[tuple[Address, View]]:
    address = address_of(proxy.text("endpoint") or "")
    if address is not None:
        yield address, proxy


def _back(start: View, net: _Net) -> Iterator[Found]:
    """Yield what a proxy sends requests to that brings them back to it, at once or through other proxies."""
    return each(targets(start), lambda path: _leads_back(start, path, net))


def _leads_back(start: View, path: Path, net: _Net) -> Iterator[Found]:
    todo, passed, gaps = [(start, path)], {id(start)}, list[Unjudged]()
    while todo:
        for found in apart(net.behind(*todo.pop())):
            if isinstance(found, Unjudged):
                gaps.append(found)
            elif found is start:
                yield Finding(path, "leads back to this proxy", start)
                return
            elif id(found) not in passed:
                passed.add(id(found))
                onward, unknown = told_apart(targets(found))
                todo += [(found, target) for target in onward]
                gaps += unknown
    yield from gaps
