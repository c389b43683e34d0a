"""What serving needs and may not be installed, or a sentence that says how to get it."""

from __future__ import annotations

from types import ModuleType

from .opening import CannotServe


def server() -> ModuleType:
    """Return the module `server`. Raises CannotServe if what it needs is not installed."""
    try:
        from . import server
    except ImportError as error:
        raise CannotServe(
            f"{error.name or error} is not installed, which serving needs: pip install 'pulumi-agentrun[platform]'"
        ) from None
    return server
