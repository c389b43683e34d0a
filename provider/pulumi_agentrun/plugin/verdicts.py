"""What checks and comparisons come to, in the engine's protocol."""

from __future__ import annotations

from collections.abc import Iterable

from pulumi.runtime.proto import provider_pb2 as messages


def some(changed: object) -> messages.DiffResponse.DiffChanges.ValueType:
    """Return whether anything changes, as the engine has it."""
    return messages.DiffResponse.DIFF_SOME if changed else messages.DiffResponse.DIFF_NONE


def failures(reasons: Iterable[str]) -> list[messages.CheckFailure]:
    """Return sentences about inputs. Given a property, the engine would print its value, which may be a secret."""
    return [messages.CheckFailure(reason=reason) for reason in reasons]
