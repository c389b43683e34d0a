"""Simulated models: answers that are the same for the same request, and troubles that were asked for."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .routing import Outcome
from .wire import texts, vector

DIMENSIONS = 256
"""The size of an embedding, where a request asks for none."""
ANY_SERVICE = "*"
_LONGEST_ECHO = 200
_CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True)
class Trouble:
    """What a simulated service does instead of answering at once and well; ValueError when it makes no sense."""

    status: int | None = None
    """The HTTP status to fail with; 0 is no connection, and None no failure."""
    share: float = 1.0
    """How many of the calls fail, from 0 to 1."""
    latency: float = 0.0
    """Seconds that a call takes."""
    retry_after: float | None = None
    """What `retry-after` says of a failure."""

    def __post_init__(self) -> None:
        for wrong, allowed in (
            (self.status is not None and self.status != 0 and not 400 <= self.status <= 599, "status is 0, or 400-599"),
            (not 0 <= self.share <= 1, "share is from 0 to 1"),
            (not (math.isfinite(self.latency) and self.latency >= 0), "latency is 0 or more seconds"),
            (self.retry_after is not None and not 0 <= self.retry_after <= 86400, "retry_after is 0 to 86400 seconds"),
        ):
            if wrong:
                raise ValueError(allowed)


Troubles = Mapping[str, Trouble]
"""The troubles by the name of their service, or `*` for any."""


def parse_troubles(text: str) -> dict[str, Trouble]:
    """Return troubles from a text such as `qwen:status=500,share=0.5; *:latency=0.2`; ValueError says what is wrong."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        service, colon, settings = part.rpartition(":")
        if not colon or not service:
            raise ValueError("it is not of the form SERVICE:NAME=VALUE,… with semicolons between services")
        found[service.strip()] = _trouble(settings)
    return found


def _trouble(settings: str) -> Trouble:
    kinds: dict[str, Callable[[str], Any]] = {"status": int, "share": float, "latency": float, "retry_after": float}
    values: dict[str, Any] = {}
    for setting in settings.split(","):
        name, _, value = setting.partition("=")
        name = name.strip()
        if name not in kinds:
            raise ValueError(f"there is no {name!r}; there are {', '.join(kinds)}")
        try:
            values[name] = kinds[name](value)
        except ValueError:
            raise ValueError(f"{name} cannot be {value!r}: a number is needed") from None
    return Trouble(**values)


def troubles_to_json(troubles: Troubles) -> str:
    """Return troubles as text to store."""
    return json.dumps({service: asdict(trouble) for service, trouble in troubles.items()})


def troubles_from_json(text: str) -> dict[str, Trouble]:
    """Return the troubles that were stored as text."""
    return {service: Trouble(**values) for service, values in json.loads(text).items()}


def trouble_of(service: str, *given: Troubles) -> Trouble | None:
    """Return the trouble of a service: the first that says something of it, and by its name before any."""
    for troubles in given:
        found = troubles.get(service) or troubles.get(ANY_SERVICE)
        if found is not None:
            return found
    return None


def failure(trouble: Trouble | None, random: Callable[[], float]) -> Outcome | None:
    """Return the failure that a trouble makes of a call, if it makes one of it."""
    if trouble is None or trouble.status is None or random() >= trouble.share:
        return None
    reason = f"simulated {trouble.status}" if trouble.status else "simulated: no connection"
    return Outcome(trouble.status, trouble.retry_after, reason)


def completion(service: str, model: str, body: Mapping[str, Any], created: int) -> dict[str, Any]:
    """Return a chat completion that names who made it, and repeats the beginning of what it was asked last."""
    asked = [text for _, text in texts(body)]
    text = f"This is {model} of {service}, simulated. You said: {(asked or [''])[-1][:_LONGEST_ECHO]}"
    return worded(text, model, body, created)


def worded(text: str, model: str, body: Mapping[str, Any], created: int) -> dict[str, Any]:
    """Return a chat completion with a text, as far as the request lets it be so long."""
    most: int = body.get("max_completion_tokens") or body.get("max_tokens") or _tokens(text)
    is_cut = _tokens(text) > most
    text = text[: most * _CHARACTERS_A_TOKEN]
    number = body.get("n") or 1
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": text, "refusal": None},
            "logprobs": None,
            "finish_reason": "length" if is_cut else "stop",
        }
        for index in range(number)
    ]
    return {
        "id": f"chatcmpl-{_digest(text, model, json.dumps(body, sort_keys=True))[:24]}",
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": choices,
        "usage": _usage(sum(_tokens(asked) for _, asked in texts(body)), number * _tokens(text)),
    }


def embeddings(service: str, model: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return embeddings: of equal texts equal ones, each of length 1."""
    given = body["input"]
    inputs: Sequence[Any] = [given] if isinstance(given, str) or isinstance(given[0], int) else given
    size = body.get("dimensions") or DIMENSIONS
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": vector(_vector(model, item, size), body.get("encoding_format")),
        }
        for index, item in enumerate(inputs)
    ]
    used = sum(_tokens(item) if isinstance(item, str) else len(item) for item in inputs)
    return {"object": "list", "data": data, "model": model, "usage": {"prompt_tokens": used, "total_tokens": used}}


def _vector(model: str, item: Any, size: int) -> list[float]:
    seed = _digest(model, json.dumps(item)).encode()
    raw = hashlib.shake_128(seed).digest(size * 2)
    numbers = [int.from_bytes(raw[at : at + 2], "big") / 32767.5 - 1 for at in range(0, len(raw), 2)]
    length = math.sqrt(sum(number * number for number in numbers)) or 1.0
    return [number / length for number in numbers]


def _usage(prompt: int, completion: int) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _tokens(text: str) -> int:
    return math.ceil(len(text) / _CHARACTERS_A_TOKEN)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
