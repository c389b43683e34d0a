"""Guardrails as far as they can be had without a model: a text's length, and lists of words and patterns.

The service has models for this. The lists catch the plainest cases, and a mark of their own so that it can be tried
how a program meets a refusal; docs/gateway.md says what is not emulated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .refusals import Refused

BLOCKED = "content_filter"
_WORDS = {
    "blockOnContentModeration": (
        r"how (?:to|do i|can i) (?:make|build) (?:a )?(?:pipe )?bomb",
        r"(?:kill|hang) yourself",
        r"how (?:to|do i|can i) (?:cook|make|synthesi[sz]e) (?:crystal )?meth",
        r"制造炸弹",
    ),
    "blockOnMaliciousUrl": (
        r"https?://(?:[\w-]+\.)*(?:testsafebrowsing\.appspot\.com|malware\.testing\.google\.test|wicar\.org|eicar\.org)\b",
        r"https?://(?:[\w-]+\.)*(?:malicious|malware|phishing)\.(?:test|example|invalid)\b",
    ),
    "blockOnPromptAttack": (
        r"(?:ignore|disregard|forget) (?:all |any )?(?:of )?(?:the |your |my )?(?:previous|prior|above|earlier) "
        r"(?:instructions?|prompts?|rules?|messages?)",
        r"(?:reveal|print|show|repeat|tell me) (?:me )?(?:your|the) (?:system|hidden|initial) (?:prompt|instructions?)",
        r"you are now (?:dan|jailbroken|in developer mode)",
        r"(?:忽略|无视)(?:之前|以上|先前)的?(?:所有)?(?:指令|提示)",
    ),
    "blockOnSensitiveData": (
        r"\bsk-[A-Za-z0-9_-]{16,}",
        r"\bLTAI[A-Za-z0-9]{12,}\b",
        r"\bAKIA[A-Z0-9]{16}\b",
        r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",
    ),
    "blockOnModelHallucination": (),
}
_PATTERNS = {
    flag: re.compile("|".join((*words, re.escape(f"agentrun-test-{flag.removeprefix('blockOn')}"))), re.IGNORECASE)
    for flag, words in _WORDS.items()
}
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_TITLES = {
    "blockOnContentModeration": "content moderation",
    "blockOnMaliciousUrl": "malicious URLs",
    "blockOnModelHallucination": "model hallucination",
    "blockOnPromptAttack": "prompt attacks",
    "blockOnSensitiveData": "sensitive data",
}


@dataclass(frozen=True)
class Guardrails:
    """What a proxy's `aiGuardrailConfig` asks for."""

    requests: bool
    responses: bool
    flags: tuple[str, ...]
    """Those `blockOn…` that are set."""
    longest: int
    """The most characters that a text may have; 0 for any number."""


def guardrails(proxy: Mapping[str, Any]) -> Guardrails:
    """Return the guardrails of a proxy as the API has it."""
    config = proxy.get("proxyConfig", {}).get("policies", {}).get("aiGuardrailConfig", {})
    flags = tuple(flag for flag in _PATTERNS if config.get(flag))
    longest = max(config.get("maxTextLength", 0), 0)
    return Guardrails(config.get("checkRequest", False), config.get("checkResponse", False), flags, longest)


def check(guardrails: Guardrails, texts: Iterable[tuple[str, str]]) -> None:
    """Refuse texts that a guardrail blocks; each comes with its path, and the error repeats none."""
    for path, text in texts:
        if guardrails.longest and len(text) > guardrails.longest:
            said = f"{len(text)} characters are more than max_text_length, {guardrails.longest}"
            raise Refused(400, f"{path}: {said}.", BLOCKED, path)
        for flag in guardrails.flags:
            if _PATTERNS[flag].search(text) or any(found(text) for found in _FINDERS.get(flag, ())):
                said = f"blocked by the guardrail against {_TITLES[flag]} (a local list, not the service's model)"
                raise Refused(400, f"{path}: {said}.", BLOCKED, path)


def _has_card(text: str) -> bool:
    return any(_is_card([int(digit) for digit in found[0] if digit.isdigit()]) for found in _CARD.finditer(text))


def _is_card(digits: list[int]) -> bool:
    """Say whether the last digit is the check digit of the others (Luhn)."""
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and any(digits)


def _has_identity(text: str) -> bool:
    """Say whether a text holds the number of a Chinese identity card (GB 11643)."""
    return any(
        "10X98765432"[sum(int(digit) * by for digit, by in zip(found[0], _IDENTITY_WEIGHTS, strict=False)) % 11]
        == found[0][17].upper()
        for found in _IDENTITY.finditer(text)
    )


_FINDERS: Mapping[str, tuple[Callable[[str], bool], ...]] = {"blockOnSensitiveData": (_has_card, _has_identity)}
