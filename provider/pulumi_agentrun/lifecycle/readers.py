"""How people with a stack are told things: settings as in its configuration, properties as in their programs."""

from __future__ import annotations

from collections.abc import Callable

from ..client.kinds import KINDS
from ..client.wording import AS_SECRET, KNOWN_GONE, LAST_SETTINGS, SLOWER, Path, Reader, Setting, dotted
from .casing import camel, name_in_schema, path_in_schema, properties

_ADVICE = {
    SLOWER: "Run it again in a while, or with fewer operations at a time (--parallel).",
    KNOWN_GONE: " If you know that it is gone, pulumi state delete removes it from Pulumi's state.",
    AS_SECRET: " (as a secret)",
    LAST_SETTINGS: " (pulumi destroy and refresh go by the settings of the last up, unless --run-program is given)",
}


def _setting(setting: Setting) -> str:
    profile = f"profiles.{setting.of}." if setting.of else ""
    return f"agentrun:{profile}{camel(setting.name)}"


def _in_schema(path: Path) -> str:
    """Return a path in the schema's spelling, from a resource down or from within; what is no property stays."""
    of = next((properties(kind) for kind in KINDS if path[0] in properties(kind)), None)
    if of is None:
        return dotted(tuple(name_in_schema(part) if isinstance(part, str) else part for part in path))
    return dotted(path_in_schema(of, path))


def _reader(spelled: Callable[[Path], str]) -> Reader:
    return Reader(setting=_setting, property=spelled, advice=_ADVICE)


PYTHON = _reader(dotted)
"""Who writes Python programs on dynamic resources."""
SCHEMA = _reader(_in_schema)
"""Who writes programs in any language on the plugin's schema."""
