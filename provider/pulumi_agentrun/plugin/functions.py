"""The schema's functions: look up one resource by name, or list those of an account and region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..client import operations
from ..client.errors import InvalidArgumentError, NoPlatformError, ResourceNotExistError
from ..client.flows import call
from ..client.kinds import KINDS, Kind
from ..client.model_client import iterate_async
from ..client.models import SystemProps
from ..client.wording import joined
from ..lifecycle.casing import camel, properties, to_schema
from ..lifecycle.drift import without_keys
from ..lifecycle.scalars import plain
from ..lifecycle.steps import REGION
from .settings import Settings

_GET: dict[str, Kind[Any]] = {f"agentrun:index:get{kind.token}": kind for kind in KINDS}
_LIST: dict[str, Kind[Any]] = {f"agentrun:index:list{kind.plural}": kind for kind in KINDS}
PAGE_SIZE = 100
# No function can answer "not yet": the engine refuses unknowns in what it returns. The SDKs for Python, TypeScript and
# Go do not ask while an argument is of a resource that is not there; YAML asks as soon as the arguments are known.
_OF_THIS_PROGRAM = (
    "If this very program makes it, look it up by its id (in YAML ${resource.id}), which is known once it exists."
)


async def invoke(token: str, args: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Return what a function answers, without keys. Raises AgentRunError.

    One secret in an answer makes a secret of all of it, in every SDK, and what depends on it cannot be seen in a plan.
    """
    if token in _GET:
        return await _get(_GET[token], args, settings)
    session, place = await settings.connect()
    if token in _LIST:
        kind = _LIST[token]
        filters = {key: value for key, value in args.items() if value is not None}
        try:
            wanted = kind.list_input.model_validate({**filters, "pageSize": PAGE_SIZE})
        except InvalidArgumentError as error:
            raise InvalidArgumentError(joined(token, error, by=": ")) from None
        return {results(kind): [_shown(kind, item, place.region) async for item in iterate_async(session, wanted)]}
    raise InvalidArgumentError(f"There is no function {token}; there are {', '.join(sorted({*_GET, *_LIST}))}.")


async def _get(kind: Kind[Any], args: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    name = args.get(camel(kind.name_field))
    try:
        session, place = await settings.connect()
        found: SystemProps = await session.run_async(call(operations.get(kind, cast("str", name))))
    except ResourceNotExistError as error:
        error.hint = _OF_THIS_PROGRAM
        raise
    except NoPlatformError as error:
        raise NoPlatformError(joined(error, _OF_THIS_PROGRAM)) from None
    return _shown(kind, found, place.region)


def results(kind: Kind[Any]) -> str:
    """Return the property of a list's answer that holds the resources: `modelServices`."""
    return kind.plural[0].lower() + kind.plural[1:]


def _shown(kind: Kind[Any], found: SystemProps, region: str | None) -> dict[str, Any]:
    values = without_keys(kind, plain(found.to_state()))
    return to_schema(properties(kind), {**values, REGION: region})
