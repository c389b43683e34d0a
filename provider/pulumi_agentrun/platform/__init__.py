"""A faithful local AgentRun control API, in process or (see `server`) as a server."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .answers import Answer
    from .errors import ConnectionDropped
    from .faults import Fault
    from .platform import Platform
    from .switches import Switches

__all__ = ["Answer", "ConnectionDropped", "Fault", "Platform", "Switches"]

_MODULES = {
    "Answer": ".answers",
    "ConnectionDropped": ".errors",
    "Fault": ".faults",
    "Platform": ".platform",
    "Switches": ".switches",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: what reads how calls are routed needs no store."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)
