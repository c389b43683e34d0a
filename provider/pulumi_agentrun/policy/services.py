"""What rules about a whole stack look up: its proxies, what they send requests to, and its model services by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..client.kinds import PROXY, SERVICE
from ..lifecycle.paths import Path
from .rule import apart, each, told_apart
from .view import ENDPOINTS, FALLBACKS, Unjudged, View

NAME = "model_service_name"
MODELS = ("provider_settings", "model_names")
SERVICE_URL = ("provider_settings", "base_url")


def proxies(views: Sequence[View]) -> Iterator[View]:
    """Yield the model proxies."""
    return (view for view in views if view.kind is PROXY)


def services(views: Sequence[View]) -> Iterator[View]:
    """Yield the model services."""
    return (view for view in views if view.kind is SERVICE)


def targets(proxy: View) -> Iterator[Path | Unjudged]:
    """Yield the paths of everything that a proxy sends requests to."""
    return apart(proxy.items(*ENDPOINTS), proxy.items(*FALLBACKS))


class Services:
    """The model services of a stack by place and name."""

    def __init__(self, views: Sequence[View]) -> None:
        named, self._gaps = told_apart(each(services(views), lambda view: [(view.text(NAME), view)]))
        self._named: dict[str | None, list[View]] = {}
        for name, view in named:
            self._named.setdefault(name, []).append(view)

    def get(self, name: str | None, proxy: View) -> View | None:
        """Return a service where a proxy is, None if the stack has none of that name there.

        Raises Unjudged if one whose name or place cannot be told may be it.
        """
        found, gaps = told_apart(each(self._named.get(name, ()), lambda view: [view] if is_beside(view, proxy) else []))
        if not found and name and (gaps or self._gaps):
            raise [*gaps, *self._gaps][0]
        return found[0] if found and name else None


def is_beside(one: View, other: View) -> bool:
    """Say whether two resources are in the same account and region. Raises Unjudged."""
    for view in (one, other):
        if isinstance(view.place, Unjudged):
            raise view.place.of(view)
    return one.place == other.place
