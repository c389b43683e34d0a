"""Tells whether a 404 says that one very resource does not exist: by what may mean that, and nothing else.

A gateway, a route, a framework's default page or another product answers 404 too, and so does AgentRun about a
workspace, a role or another resource that a request names. Were one of these taken for "gone", the resource would be
forgotten.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST = 1_000
"""Characters, beside those of the name, beyond which a message is no sentence about one resource."""
# What a code says of the kind that it names: `ERR_MODEL_SERVICE_NOT_FOUND`, `EntityNotExist.ModelService`.
_LACKS = r"(?:entity|resource|object)?(?:notfound|notexists?|doesnotexists?|nosuch|nonexistent)"
# What a message says of its subject: `The specified model proxy "a" could not be found.`
_LEAD = r"(?:the\s+|a\s+)?(?:specified\s+|requested\s+|given\s+)?(?:agentrun\s+)?"
_GONE = (
    r"(?:(?:does\s+not|doesn't|doesn’t)\s+exists?|no\s+longer\s+exists|not\s+exists?"
    r"|(?:was\s+|is\s+)?not\s+found|(?:could|can)\s*not\s+be\s+found)"
)
_NO_SUCH = r"(?:no\s+such|there\s+is\s+no|(?:could|can)\s*not\s+find|not\s+found\s*:)"
_TAIL = (
    r"(?:\s+in\s+(?:this|the|your)\s+(?:account|region|workspace))?[.!]?"
    r"(?:[,;]?\s*\(?request\s?id:?\s*[\w-]+\)?[.!]?)?"
)
_FOREIGN = (
    r"workspace|region|role|ram|account|user|access\s*key|project|log\s*store|vpc|v?switch|security\s*group|credential"
    r"|api|route|path|page|url|endpoint|host|product|action|version"
)  # fmt: skip
_QUOTES = (("'", "'"), ('"', '"'), ("`", "`"), ("‘", "’"), ("“", "”"), ("«", "»"), ("(", ")"), ("[", "]"), ("<", ">"))


def says_missing(title: str, name: str, code: str, message: str) -> bool:
    """Return whether the code and the message of a 404 say that the resource of a kind and a name does not exist.

    `title` is the kind's words: `model service`.
    """
    code, message = re.sub(r"[\W_]", "", code.lower()), message.strip()
    bare = re.escape(title.replace(" ", ""))
    subjects = [re.escape(title).replace(r"\ ", r"[\s_-]*")]
    is_named_foreign = re.fullmatch(_FOREIGN, title) is not None  # so that a code may be about who asks, say
    is_coded = re.fullmatch(rf"(?:err|error)?(?:{bare}{_LACKS}|{_LACKS}{bare})(?:err|error|exception)?", code)
    if is_coded and not is_named_foreign:
        return not _contradicts(title, name, message)
    if re.fullmatch(rf"(?:err|error)?{_LACKS}(?:err|error|exception)?", code):
        subjects.append("resource")
    return (
        len(message) <= _LONGEST + len(name)
        and not _names_another_kind(title, code)
        and any(_is_about(subject, name, message) for subject in subjects)
    )


def _is_about(subject: str, name: str, message: str) -> bool:
    """Return whether a message says that a subject (a pattern) of a name is not there, and nothing else."""
    if "\0" in name:
        return _says(_sentences(subject, "", re.escape(name)), message)
    # The patterns refer back to the name, which stands before the message: a look for a resource compiles none.
    return _says(_sentences(subject, r"([^\0]*)\0", r"\1"), f"{name}\0{message}")


def _is_about_any(subject: str, message: str) -> bool:
    """Return whether a message says so of a subject of whatever name."""
    return _says(_sentences(subject, "", ".+?"), message)


def _says(sentences: tuple[re.Pattern[str], ...], text: str) -> bool:
    return any(sentence.fullmatch(text) for sentence in sentences)


@lru_cache(maxsize=64)
def _sentences(subject: str, before: str, name: str) -> tuple[re.Pattern[str], ...]:
    """Return what says that a subject of a name is not there; all are patterns."""
    quoted = "|".join(rf"{re.escape(left)}{name}{re.escape(right)}" for left, right in _QUOTES)
    # Without quotes, a word or a full stop beside a name may be part of it.
    called = r"(?:(?:with\s+(?:the\s+)?)?named?\s*[:=]?\s*)?"
    named = rf"(?:(?::\s+|[/=#]|\s+){name}|(?i:\s*[:=/#]?\s*{called})(?:{quoted}))"
    last = rf"(?:(?::\s+|\s+)(?=\S+$){name}|:?\s*(?:{quoted})(?i:{_TAIL}))"
    sentences = (
        rf"(?i:{_LEAD}{subject}){named}(?i:\s+{_GONE}{_TAIL})",
        rf"(?i:{_LEAD}{subject}\s+{_GONE}){last}",
        rf"(?i:{_NO_SUCH}\s+{_LEAD}{subject}){last}",
    )
    return tuple(re.compile(before + sentence, re.DOTALL) for sentence in sentences)


def _contradicts(title: str, name: str, message: str) -> bool:
    """Return whether the message is about something else than the code is: another name, or another kind of thing."""
    if len(message) > _LONGEST + len(name):
        return True
    subject = re.escape(title).replace(r"\ ", r"[\s_-]*")
    foreign = re.match(rf"(?:{_LEAD})(?:{_FOREIGN})\b", message, re.I)
    return bool(foreign) or (_is_about_any(subject, message) and not _is_about(subject, name, message))


def _names_another_kind(title: str, code: str) -> bool:
    """Return whether a bare code says that something is missing, and names what, which is not this kind."""
    about = re.sub(_LACKS, "", code)
    words = "|".join(["err", "error", "exception", "agentrun", r"\d", *map(re.escape, title.split())])
    return about != code and not re.fullmatch(f"(?:{words})*", about)
