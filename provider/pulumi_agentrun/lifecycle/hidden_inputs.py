"""What Pulumi's dynamic host does not tell a provider of: URN and resource options travel as inputs of their own.

The engine treats names with double underscores as internal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

URN = "__urn"
"""The URN."""
REPLACE_ON = "__replace_on_changes"
"""The paths of `ResourceOptions.replace_on_changes`."""
TIMEOUTS = "__custom_timeouts"
"""The durations of `ResourceOptions.custom_timeouts` by verb: `{"create": "10m"}`."""
PREVIEW = "__preview"
"""That this is a preview, in one that may have to look something up; no check keeps it, so it is never compared."""

ADOPT_VARIABLE = "AGENTRUN_ADOPT"
"""The environment variable that names, separated by commas, what one run may take over."""
CHECK_NAMES = "checkNames"
"""The setting that has previews look for names that are taken."""

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")


def timeout(props: Mapping[str, Any], verb: str) -> float | None:
    """Return the seconds that a verb may take for a resource, if its options say so."""
    text = (props.get(TIMEOUTS) or {}).get(verb)
    parts = _DURATION.findall(text) if isinstance(text, str) else []
    if "".join(number + unit for number, unit in parts) != text:
        return None  # Pulumi has its own say about what is no duration
    return sum(float(number) * _UNITS[unit] for number, unit in parts) or None
