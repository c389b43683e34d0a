"""Figures in prose: each stands in a sentence that is made here from the code, or is listed with what it is instead."""

from __future__ import annotations

import inspect
import re
from typing import Any, get_args, get_type_hints

import pytest
from oracle.table import CASES
from pulumi_agentrun.cli import audit, command, drill, explain, promote
from pulumi_agentrun.client import Config, ModelService, waiters
from pulumi_agentrun.client.flows import ATTEMPTS, LONGEST_RETRY_AFTER
from pulumi_agentrun.client.redaction import PART, SHORT
from pulumi_agentrun.client.session import LONGEST_EXCHANGE
from pulumi_agentrun.drill.scenario import DURATION, scenario
from pulumi_agentrun.lifecycle import secret_refs
from pulumi_agentrun.lifecycle.gateway import CONTRACT_VERSION
from pulumi_agentrun.lifecycle.names import _HASH_DIGITS
from pulumi_agentrun.lifecycle.places import Place
from pulumi_agentrun.platform import server
from pulumi_agentrun.platform.gateway import cooldowns, journal, routing, serving, simulated
from pulumi_agentrun.platform.gateway.ledger import LEASE
from pulumi_agentrun.platform.gateway.limits import CACHED_SECONDS
from pulumi_agentrun.platform.gateway.simulation import TAIL
from pulumi_agentrun.platform.kinds import PROXY
from pulumi_agentrun.platform.page import sessions
from pulumi_agentrun.platform.switches import Switches
from pulumi_agentrun.platform.verification import SKEW
from pulumi_agentrun.policy import PRESETS, RULES
from pulumi_agentrun.resources.gateway import ModelGateway
from reliability.hostile import soak
from unit.official_programs import DO_NOT, RUN
from unit.pages import PAGES, ROOT, SPAN, prose, text_of

WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "twenty-one",
    "twenty-two", "twenty-three", "twenty-four", "twenty-five", "twenty-six", "twenty-seven", "twenty-eight",
)  # fmt: skip
_STATUS = r"[45](?:\d\d|xx)\b(?! \w{3,}s\b)"
_COUNTS = "|".join([*WORDS[3:], "dozen", "hundred", "thousand", "percent", "an? (?:tenth|quarter|minute|hour)"])
FIGURE = re.compile(rf"(?<![\d.])(?!{_STATUS})\d[\d.,:]*|\b(?:{_COUNTS})s?\b", re.IGNORECASE)
"""A number, in digits, or from three on as a word: one and two are words of every other sentence.

Statuses of HTTP count nothing.
"""


def default(function: Any, name: str) -> Any:
    return inspect.signature(function).parameters[name].default


def values(name: str) -> str:
    """Return the values of a switch as the page lists them."""
    choices = get_args(get_type_hints(Switches)[name])
    return ", ".join(map(str, choices or [getattr(Switches(), name)]))


def span(seconds: float) -> str:
    return "a minute" if seconds == 60 else f"{seconds:.0f} seconds"


(PYTHON,) = re.findall(r'^requires-python = ">=(.*)"', text_of("pyproject.toml"), re.MULTILINE)
(GO,) = re.findall(r"^go (\d+\.\d+)", text_of("tools/engine/go.mod"), re.MULTILINE)
(SDK,) = re.findall(r"agentrun-sdk ([\d.]+\d)", text_of("tests/unit/official_programs.py").partition("\n")[0])
WAIT, GATEWAY = ModelService.wait_until_ready_or_failed, ModelGateway.__init__
CONFIG = Config.model_fields
STACKS = WORDS[len([*(ROOT / "examples" / "environments").glob("Pulumi.*.yaml")])]
PLACES = WORDS[len(re.findall(r"\bModelService\b", text_of("provider/pulumi_agentrun/__init__.py")))]
PAUSES = [f"{routing._backoff(number):g}{' s' * (number == 0)}" for number in range(5)]
LIMITS = PROXY.filled["proxyConfig"]["policies"]
DRILL = scenario({})
HELD = (LIMITS["numRetries"] + 1) * LIMITS["requestTimeout"] // 60
TIMEOUT, MIB = f"{Place().timeout:.0f}", 1024 * 1024

SENTENCES: dict[str, list[str]] = {
    "README.md": [
        f"Python {PYTHON} or newer",
        f"with Go ({GO} or newer",
        f"Seconds that a create, update or delete may take, {TIMEOUT} by default",
        f"{WORDS[len(RULES)].capitalize()} rules",
        f"in {WORDS[len(PRESETS)]} presets",
    ],
    "SECURITY.md": [
        f"it ends with the platform, or after {sessions.LASTS / 3600:.0f} hours",
        f"no {WORDS[PART]} characters in a row of a long key are shown",
        f"A secret shorter than {WORDS[SHORT]} characters is taken out only where it stands by itself",
    ],
    "docs/client.md": [
        f"`interval_seconds` ({default(WAIT, 'interval_seconds'):.0f}) and "
        f"`timeout_seconds` ({default(WAIT, 'timeout_seconds'):.0f}) say how to wait",
        f"(agentrun-sdk {SDK})",
        f"Of {len(RUN) + len(DO_NOT)} programs, {len(RUN)} run",
        f"a call is up to {ATTEMPTS} exchanges",
        f"An exchange ends after {LONGEST_EXCHANGE:.0f} seconds and waits {CONFIG['read_timeout'].default:.0f} for",
    ],
    "docs/command-line.md": [
        "Exit codes: 0, all is well; 1, something is not",
        f"{command.UNUSABLE}, the command line makes no sense, or an audit or a drill could not find out",
        "130, it was interrupted",
    ],
    "docs/configuration.md": [
        f"a regular one of at most {secret_refs.LARGEST // 1024} KiB",
        f"(seconds, {TIMEOUT} by default)",
    ],
    "docs/drills.md": [
        f"It ends with 0 if everything came as expected, with 1 if something did not, and with {drill.NOT_DRILLED} if",
        f"without the {WORDS[_HASH_DIGITS]} digits of an automatic name",
        f"| `--calls` | {DRILL.calls} |",
        f"| `--duration` | {DURATION} |",
        f"| `--tokens` | {DRILL.tokens} |",
        f"| `--latency` | {DRILL.latency:g}s |",
        f"| `--seed` | {DRILL.seed} |",
        f"5 of 100 take {19**TAIL:.1f} times as long or longer, 1 of 100 {99**TAIL:.1f} times",
        f"`num_retries` is {LIMITS['numRetries']} and `request_timeout` {LIMITS['requestTimeout']} seconds unless set, "
        f"so that what `hangs` can hold a call for {HELD} minutes",
    ],
    "docs/embedded-platform.md": [
        "made with mode 0700",
        "for its owner alone (mode 0600)",
        f"at most {server.LARGEST_BODY // MIB} MiB and {server.LONGEST_BODY:.0f} seconds, "
        f"the head of a request {server.LONGEST_HEAD:.0f} seconds",
        f"| `latency` | {values('latency')}, seconds",
        *(f"| `{name}` | {values(name)} |" for name in ("duplicate", "page_cap", "success")),
    ],
    "docs/explain.md": [
        f"Its exit code is 0, and {explain.NOT_EXPLAINED} if that could not be found out",
        f"can make each pause {span(routing._LONGEST_RETRY_AFTER)} long",
    ],
    "docs/gateway.md": [
        f"A body has at most {serving.LARGEST_BODY // MIB} MiB",
        f"what calls of a process that was killed had under way counts for {LEASE:.0f} seconds more",
        f"a signature holds for any call for {SKEW // 60} minutes",
        f"({', '.join(PAUSES)}, and up to {routing._JITTER} more; or what `retry-after` says, "
        f"up to {span(routing._LONGEST_RETRY_AFTER)})",
        f"is left alone for {span(cooldowns.DURATION)}",
        f"failed more than half of its calls of {span(cooldowns.WINDOW)}, from the fifth",
        f"get the same answer for {CACHED_SECONDS / 60:.0f} minutes",
        f"({LIMITS['concurrencyLimit']} calls, {LIMITS['numRetries']} retries, {LIMITS['requestTimeout']} seconds)",
        f"{WORDS[simulated._CHARACTERS_A_TOKEN]} characters a token, embeddings of {simulated.DIMENSIONS} numbers",
        f"`status` is 400 to 599, or {routing.NO_CONNECTION} for no connection",
        f"(1.81.0): `make oracle` gives both the same {len(CASES)} configurations: "
        f"shares over {max(case.draws for case in CASES):,} draws",
        "| | LiteLLM 1.81.0 |",
    ],
    "docs/page.md": [
        f"A session ends with the platform, after {sessions.LASTS / 3600:.0f} hours",
        f"**The last {journal.LAST} requests**",
    ],
    "docs/policies.md": [
        f"keeps the limit of {PRESETS['production']['agentrun-limits'].settings['retries']['max']} retries",
        "| 0 | Nothing mandatory is broken. | | 1 | Something mandatory is broken. |",
        f"| {audit.UNJUDGED} | That could not be found out",
    ],
    "docs/promotion.md": [
        "The exit code is 0 if nothing differs but what is expected and no mandatory rule is broken, 1 if not, and "
        f"{promote.NOT_COMPARED} if that could not be found out",
    ],
    "docs/reliability.md": [
        f"at most {span(LONGEST_RETRY_AFTER)} at a time",
        f"this machine's clock, with {span(waiters.SKEW)} between them",
        f"runs random programs of {soak.RESOURCES} resources with {soak.SHARE:.0%} of all calls in trouble",
        "ends with 1 if anything was lost",
    ],
    "docs/sharing-stacks.md": [
        f"{WORDS[default(GATEWAY, 'num_retries')].capitalize()} retries, "
        f"a timeout of {default(GATEWAY, 'request_timeout')}, "
        f"{default(GATEWAY, 'concurrency_limit')} requests at once",
        f"The contract has a version, {CONTRACT_VERSION} today",
    ],
    "examples/environments/README.md": [f"One program, {STACKS} environments", f"Then deploy all {STACKS}"],
    "CONTRIBUTING.md": [f"in `pulumi_agentrun/__init__.py` ({PLACES} places)"],
    "CHANGELOG.md": [f"{WORDS[len(RULES)]} rules in {WORDS[len(PRESETS)]} presets"],
}
"""What the pages say, with the figures of the code; what has no name there is held by a test of the behaviour."""

NO_CLAIMS: dict[str, list[str]] = {
    "README.md": ["a removed number is sent as 0"],
    "SECURITY.md": ["none before 1.0", "in base64 or hex"],
    "docs/architecture.md": [
        "3 may arrive as 3.0",
        "a whole number, at least 0; 3.0 is 3 again",
        '3, 3.0 and "3" are 3',
    ],
    "docs/large-stacks.md": [  # measured, on the day that the page says
        "on 29 November 2026, with Pulumi 3.274.1",
        "S3",
        "| 200 | 1,000 |",
        *("| 12 | 213 |", "| 19 | 245 |", "| 4 | 11 |", "| 4 | 10 |"),
        "of some hundred resources each",
        "kill -9",
    ],
    "docs/policies.md": ["Pulumi (3.255 or newer)"],  # since when it starts a pack that is a file
    "docs/page.md": ["With a thousand resources, too"],
    "docs/promotion.md": [
        "lets one of a hundred fail",
        "The exit code is 0 if all steps were taken (or `--take-back` was done), 1 if a gate failed and all is as it "
        "was, 2 if it could not be begun or taken back, and 130 after Ctrl-C.",  # tests/e2e/test_canary.py
    ],
    "docs/testing.md": ["(0 is no connection)", "lets a minute pass"],
    "examples/failover/README.md": ["tries three more times", "Each ends with 0", "the drill ends with 1"],
    "docs/gateway.md": [
        "70 and 30 are 70% and 30%. All left out are equal shares; one left out beside others counts as 0.",
        "0 limits nothing",
        "one without counts as 0",
        "all weights are 0",
    ],
}
"""Examples of values, and what has only a number in its name."""


def figures(page: str, *but: str) -> list[str]:
    """Return the figures in a page's prose, with what stands around them, but those in some sentences."""
    text = prose(page)
    bare = SPAN.sub(lambda span: "`" * len(span[0]), text)
    for sentence in but:
        bare = bare.replace(SPAN.sub(lambda span: "`" * len(span[0]), sentence), " " * len(sentence))
    return [text[max(0, found.start() - 40) : found.end() + 40] for found in FIGURE.finditer(bare)]


@pytest.mark.parametrize(("page", "sentence"), [(page, text) for page, texts in SENTENCES.items() for text in texts])
def test_a_page_says_what_the_code_has(page: str, sentence: str) -> None:
    assert sentence in prose(page)


@pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith("docs/decisions/")])
def test_a_page_has_no_other_figures(page: str) -> None:
    """Decisions have a date, and say what was measured then."""
    assert figures(page, *SENTENCES.get(page, ()), *NO_CLAIMS.get(page, ())) == []


def test_what_is_no_claim_is_still_there() -> None:
    assert [text for page, texts in NO_CLAIMS.items() for text in texts if text not in prose(page)] == []


def test_the_supported_pythons_are_the_same_everywhere() -> None:
    (tested,) = re.findall(r"^PYTHONS := (.*)$", text_of("Makefile"), re.MULTILINE)
    offered = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text_of("pyproject.toml"))
    assert tested.split() == offered
    assert tested.split()[0] == PYTHON
    assert f"on each Python of {offered[0]} to {offered[-1]} that is installed" in text_of("CONTRIBUTING.md")
