"""The paths of the data plane: each with and without `/v1`, behind `/models/` and the name of a proxy."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from ..kinds import MODELS_PATH
from .refusals import Refused

CHAT, EMBEDDINGS, MODELS = "chat/completions", "embeddings", "models"
_METHODS = {CHAT: "POST", EMBEDDINGS: "POST", MODELS: "GET"}


class Route(NamedTuple):
    """What a request asks for."""

    proxy: str
    operation: str
    model: str = ""
    """The model that it asks about, if it does."""


def told(path: str) -> str:
    """Return a path as a log may have it: without what stands in place of an operation, or of a model's name."""
    name, _, rest = path[len(MODELS_PATH) :].partition("/")
    operation = rest.removeprefix("v1/")
    return path if operation in _METHODS else f"{MODELS_PATH}{name}/…"


def route(method: str, path: str) -> Route:
    """Return what a method and a path, as it was sent, ask for."""
    # Split before decoding: an encoded slash is part of a name.
    name, _, rest = path[len(MODELS_PATH) :].partition("/")
    rest = rest.removeprefix("v1/")
    operation, model = (MODELS, unquote(rest[len(MODELS) + 1 :])) if rest.startswith(f"{MODELS}/") else (rest, "")
    if not name or operation not in _METHODS or (operation == MODELS and rest.endswith("/")):
        there = ", ".join(f"{verb} {MODELS_PATH}PROXY/v1/{known}" for known, verb in _METHODS.items())
        raise Refused(404, f"There is no such path; there are: {there}.", "unknown_path")
    if method != _METHODS[operation]:
        raise Refused(405, f"{operation} wants {_METHODS[operation]}.", "method_not_allowed")
    return Route(unquote(name), operation, model)
