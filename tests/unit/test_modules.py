"""Each module has tests of its own name, or stands here beside what tests it instead, and why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.test_layout import MODULES, PACKAGE

TESTS = Path(__file__).parents[1]

INSTEAD: list[tuple[str, str, str]] = [
    ("unit/test_release.py", "one version, and who else has it", "version"),
    ("unit/test_layout.py", "public names, each imported when it is used", "__init__ client/__init__"),
    (
        "unit/test_cli.py",
        "tested as people run it",
        "cli/command cli/doctor cli/options cli/platform cli/printing client/printable",
    ),
    ("unit/test_cli_drill.py", "tested as people run it", "cli/pulumi_command"),
    ("unit/test_drill_words.py", "what people write", "drill/events drill/expectations drill/scenario routes/words"),
    ("unit/test_cli_explain.py", "tested as people run it", "cli/subjects"),
    (
        "unit/test_promotion.py",
        "two stacks, compared and told",
        "promotion/comparing promotion/fates promotion/reporting promotion/stacks routes/standing",
    ),
    ("unit/test_changes.py", "changes are what a comment says", "routes/markdown"),
    (
        "unit/test_explaining.py",
        "what is explained, by the facts and by the words for them",
        "routes/facts routes/picture routes/telling",
    ),
    (
        "unit/test_drill.py",
        "a drill, from the proxy to the report",
        "drill/finding drill/meant drill/page drill/playing drill/report drill/whereabouts routes/subjects",
    ),
    ("unit/test_policy_audit.py", "tested as people run it", "cli/audit client/json_file policy/__main__"),
    ("unit/test_inventory.py", "tested as people run it", "cli/programs"),
    (
        "unit/test_litellm.py",
        "tested as people run it, with ten configurations",
        "cli/import_litellm cli/litellm_file cli/litellm_gateways cli/litellm_words",
    ),
    ("unit/test_commands.py", "tested as people run it, with a wrong directory", "client/local"),
    (
        "unit/test_client_inputs.py",
        "the API's data, all by the same rules",
        "client/models/fields client/models/shared",
    ),
    ("unit/test_client_inputs.py", "the nearest name is what an input's refusal ends with", "client/nearest"),
    (
        "unit/test_operations.py",
        "the API's data, by the requests that it makes",
        "client/models/__init__ client/models/exchange client/models/proxy client/models/service",
    ),
    ("unit/test_model_client.py", "the client's own parts", "client/calls client/embedded client/models/provider"),
    ("unit/test_client_objects.py", "returned objects", "client/models/resource"),
    (
        "unit/test_official_programs.py",
        "what is only the official SDK's way, by programs for that",
        "client/getters client/credential_client client/models/credential client/models/credential_config",
    ),
    ("unit/test_answers.py", "what is lenient shows in what an answer is taken for", "client/lenient"),
    ("unit/test_transport.py", "one exchange takes all of them", "client/exchanges client/pool client/session"),
    ("reliability/test_proxies.py", "what proxies do, on real sockets", "client/proxies"),
    ("reliability/test_peers.py", "bounds show against a peer that keeps none", "client/bounds"),
    (
        "reliability/test_network.py",
        "trouble on real sockets, where what waits tells the time",
        "client/clock client/lookup client/network",
    ),
    ("unit/test_mocks.py", "the door as programs have it, on a platform", "dynamic/__init__ dynamic/provider"),
    ("unit/test_creation.py", "a creation, whatever happens on its way", "lifecycle/create lifecycle/sending"),
    ("unit/test_components.py", "what both doors make of a gateway", "lifecycle/gateway"),
    ("unit/test_lifecycle.py", "what a step of the lifecycle is and answers", "lifecycle/live lifecycle/steps"),
    (
        "unit/test_inputs.py",
        "parts of what a program's inputs are checked and compared by",
        "lifecycle/check lifecycle/defaults lifecycle/diff lifecycle/drift lifecycle/hidden_inputs lifecycle/names "
        "lifecycle/scalars lifecycle/schema lifecycle/sense",
    ),
    ("unit/test_keys.py", "a reference is one of several ways of a key", "lifecycle/secret_refs"),
    ("unit/test_wording.py", "a sentence and who reads it", "lifecycle/readers"),
    ("unit/test_paths.py", "paths and how each door spells them", "lifecycle/casing"),
    ("unit/test_journal.py", "what is kept on this machine, for its owner alone", "lifecycle/notes lifecycle/private"),
    (
        "platform/test_bodies.py",
        "parts of how the platform answers a request",
        "platform/__init__ platform/answers platform/handlers platform/platform platform/sense platform/shapes",
    ),
    ("platform/test_official_client.py", "what the official client is shown", "platform/catalogue platform/errors"),
    ("platform/test_parity.py", "the operations are those of the official client", "platform/routes"),
    ("platform/test_switches.py", "what a caller sees hangs on switches", "platform/views"),
    ("platform/test_processes.py", "the file is shared by processes", "platform/store"),
    ("platform/test_server.py", "tested as the program it is", "platform/__main__"),
    ("unit/test_gateway_routing.py", "what routing goes by", "platform/gateway/plans platform/gateway/cooldowns"),
    (
        "unit/test_gateway_wire.py",
        "what the wire carries",
        "platform/gateway/paths platform/gateway/refusals platform/gateway/simulated",
    ),
    (
        "gateway/test_limits.py",
        "limits as several processes keep them",
        "platform/gateway/leases platform/gateway/ledger",
    ),
    ("gateway/test_real_models.py", "tested against real connections", "platform/gateway/upstreams"),
    (
        "gateway/test_openai.py",
        "parts of how a call of the official client is answered",
        "platform/gateway/book platform/gateway/calls platform/gateway/serving platform/gateway/streams",
    ),
    ("gateway/test_process.py", "tested as the program it is", "platform/gateway/opening"),
    (
        "e2e/test_plugin.py",
        "tested as the engine starts it",
        "engine/address plugin/__main__ plugin/runs plugin/serving",
    ),
    (
        "unit/test_plugin.py",
        "parts of what the plugin answers",
        "engine/failures lifecycle/unknown plugin/configuration plugin/functions plugin/provider plugin/resources "
        "plugin/protocol plugin/settings plugin/values plugin/verdicts",
    ),
    (
        "unit/test_policy.py",
        "rules are told by what they find",
        "policy/__init__ policy/presets policy/refusals policy/rule policy/rules/__init__ policy/rules/conventions "
        "policy/rules/limits policy/rules/models policy/rules/security policy/rules/stack policy/services policy/view "
        "policy/rules/lifetimes policy/rules/upkeep policy/rules/resilience policy/routing",
    ),
    ("unit/test_policy_circles.py", "rules are told by what they find", "policy/rules/circles routes/address"),
    (
        "unit/test_policy_evasion.py",
        "rules are told by what they find",
        "policy/providers policy/rules/shares policy/spelling",
    ),
    (
        "unit/test_policy_testing.py",
        "a kit is what its users make of it, and hands resources to policies as the engine does",
        "policy/judging policy/reading policy/stack policy/testing/__init__ policy/testing/cases "
        "policy/testing/mutations policy/testing/received policy/testing/resources",
    ),
    ("e2e/test_policy.py", "the policy SDK is a process that the engine starts", "policy/pack"),
    ("e2e/test_policy_pack.py", "tested as the engine starts it", "policy_pack/__main__"),
    ("unit/test_references.py", "what a stack exports and another reads", "resources/contract"),
    ("unit/test_components.py", "the gateway is the component that there is", "resources/gateway"),
    (
        "unit/test_typing.py",
        "written from the models: what matters is how they check",
        "resources/args resources/generated",
    ),
    (
        "unit/test_testing_plugin.py",
        "fixtures as a user's tests have them",
        "platform/installed testing/__init__ testing/drills testing/local_gateway testing/local_platform "
        "testing/scripted testing/threads",
    ),
    ("e2e/test_testing_stacks.py", "tested with the engine", "testing/stacks"),
]
"""A file of tests, why it is one for several modules or has another name, and the modules."""


def own(module: str) -> Iterator[str]:
    """Yield what a file of a module's own tests may be called."""
    parts = module.split("/")
    of_platform = parts[0] == "platform"
    for start in range(len(parts) - of_platform * (len(parts) > 1)):
        yield f"unit/test_{'_'.join(parts[start:])}.py"
    if of_platform:
        yield f"{parts[-2]}/test_{parts[-1]}.py"


def has_own(module: str) -> bool:
    return any((TESTS / name).exists() for name in own(module))


def does_something(path: Path) -> bool:
    """Say whether a module is more than a docstring."""
    return len(ast.parse(path.read_text("utf-8")).body) > 1


NAMES = [path.relative_to(PACKAGE).with_suffix("").as_posix() for path in MODULES if does_something(path)]
LISTED = [module for _, _, modules in INSTEAD for module in modules.split()]


@pytest.mark.parametrize("module", NAMES)
def test_a_module_has_tests(module: str) -> None:
    assert has_own(module) or module in LISTED, f"write tests/{[*own(module)][-1]}, or say here what tests it instead"


def test_what_is_listed_is_there_once_and_needs_to_be() -> None:
    assert sorted(LISTED) == sorted({*LISTED} & {*NAMES})
    assert [module for module in LISTED if has_own(module)] == []
    assert [name for name, _, _ in INSTEAD if not (TESTS / name).exists()] == []
