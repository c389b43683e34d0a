"""What stands for a value that a preview does not know yet."""

from __future__ import annotations


class _Unknown:
    """A value that a preview does not know yet."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
