"""How people with a stack are told things: settings as in stack configuration, properties as each front door spells them."""

from __future__ import annotations

from collections.abc import Callable

from pydantic.alias_generators import to_camel

from ..client.wording import AS_SECRET, KNOWN_GONE, LAST_SETTINGS, SLOWER, Path, Reader, Setting, dotted
from ..lifecycle.casing import camel

_ADVICE = {
    SLOWER: "Run it again in a while, or with fewer operations at a time (--parallel).",
    KNOWN_GONE: " If you know that it is gone, pulumi state delete removes it from Pulumi's state.",
    AS_SECRET: " (as a secret)",
    LAST_SETTINGS: " (pulumi destroy and refresh go by the settings of the last up, unless --run-program is given)",
}


def _setting(setting: Setting) -> str:
    profile = f"profiles.{setting.of}." if setting.of else ""
    return f"agentrun:{profile}{to_camel(setting.name)}"


def _reader(spelled: Callable[[Path], str]) -> Reader:
    return Reader(setting=_setting, property=spelled, advice=_ADVICE)


PYTHON = _reader(dotted)
"""Who writes Python programs on dynamic resources."""
SCHEMA = _reader(lambda path: dotted(tuple(camel(part) if isinstance(part, str) else part for part in path)))
"""Who writes programs in any language on the plugin's schema."""
