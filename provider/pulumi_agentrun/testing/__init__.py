"""What the tests of a program need: mocks, a platform, a gateway with scripted models, stacks on the engine, drills."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..platform.faults import Fault
    from .drills import DrillFailed, drill
    from .local_gateway import LocalGateway, Reply
    from .local_platform import LocalPlatform
    from .mocks import AgentRunMocks, gateway_contract
    from .scripted import Answer, Call, Upstream
    from .stacks import NoEngine, Stack, StackFailed, StackMaker, Steps

__all__ = [
    "AgentRunMocks",
    "Answer",
    "Call",
    "DrillFailed",
    "Fault",
    "LocalGateway",
    "LocalPlatform",
    "NoEngine",
    "Reply",
    "Stack",
    "StackFailed",
    "StackMaker",
    "Steps",
    "Upstream",
    "drill",
    "gateway_contract",
]

_MODULES = {
    "AgentRunMocks": ".mocks",
    "Answer": ".scripted",
    "Call": ".scripted",
    "DrillFailed": ".drills",
    "Fault": "..platform.faults",
    "LocalGateway": ".local_gateway",
    "LocalPlatform": ".local_platform",
    "NoEngine": ".stacks",
    "Reply": ".local_gateway",
    "Stack": ".stacks",
    "StackFailed": ".stacks",
    "StackMaker": ".stacks",
    "Steps": ".stacks",
    "Upstream": ".scripted",
    "drill": ".drills",
    "gateway_contract": ".mocks",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: pytest loads this package in every run, whatever is tested."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    """Return the public names, imported yet or not, and what every module has."""
    return sorted({*globals(), *__all__} - {"Any", "TYPE_CHECKING", "_MODULES", "import_module"})
