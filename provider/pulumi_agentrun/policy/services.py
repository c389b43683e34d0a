"""What rules about a whole stack look up: its proxies, what they send requests to, and its model services by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..client.kinds import PROXY, SERVICE
from ..lifecycle.paths import Path
from .rule import apart, each, told_apart
from .view import ENDPOINTS, FALLBACKS, Unjudged, View

NAME = "model_service_name"
MODELS = ("provider_settings", "model_names")


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
    """The model services of a stack by name."""

    def __init__(self, views: Sequence[View]) -> None:
        named, self._gaps = told_apart(each(services(views), lambda view: [(view.text(NAME), view)]))
        self._named = dict(named)

    def get(self, name: str | None) -> View | None:
        """Return a service, None if the stack has none of that name.

        Raises Unjudged if one whose name cannot be told may be it.
        """
        if name not in self._named and name and self._gaps:
            raise self._gaps[0]
        return self._named.get(name) if name else None
