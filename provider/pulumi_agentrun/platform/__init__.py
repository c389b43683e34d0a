"""A faithful local AgentRun control API, in process or (see `server`) as a server."""

from .answers import Answer
from .errors import ConnectionDropped
from .faults import Fault
from .platform import Platform
from .switches import Switches

__all__ = ["Answer", "ConnectionDropped", "Fault", "Platform", "Switches"]
