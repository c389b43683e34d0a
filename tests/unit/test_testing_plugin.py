"""The pytest plugin as a user's tests have it: each test is a run of pytest of its own, with warnings as errors."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from pulumi_agentrun import testing
from pulumi_agentrun.testing import Answer

pytest_plugins = "pytester"
ROOT = Path(__file__).parents[2]
KEY, SECRET = "sk-nobody-may-see-this", "caller-nobody-may-see-this"
SETTINGS = """
[pytest]
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""
DEPLOYED = f"""
import httpx
import pytest
from pulumi_agentrun.client import (
    Credential, CredentialConfig, CredentialCreateInput, ModelProxyCreateInput, ModelServiceCreateInput,
)
from pulumi_agentrun.client.errors import AgentRunError, ConfigError
from pulumi_agentrun.testing import Answer, DrillFailed, Fault, drill

KEY = "{KEY}"
SECRET = "{SECRET}"


def service(client, name):
    settings = {{"api_key": KEY, "base_url": "https://e.example/v1", "model_names": ["m"]}}
    return client.create(ModelServiceCreateInput(
        model_service_name=name, model_type="llm", provider="tongyi", provider_settings=settings))


@pytest.fixture
def deployed(agentrun_platform):
    client = agentrun_platform.client
    for name in ("chat-stable-1234567", "chat-backup-1234567"):
        service(client, name)
    config = {{
        "endpoints": [{{"model_service_name": "chat-stable-1234567"}}],
        "policies": {{"num_retries": 1, "request_timeout": 30, "fallbacks": [
            {{"model_service_name": "chat-backup-1234567", "model_name": "m"}}]}},
    }}
    client.create(ModelProxyCreateInput(model_proxy_name="chat-1234567", proxy_config=config))
    return agentrun_platform
"""
PROGRAM = f"""
import pulumi
from pulumi_agentrun import ModelGateway


def program():
    service = {{"provider": "tongyi", "api_key": pulumi.Config().require("apiKey"), "model_names": ["m"],
               "base_url": "https://e.example/v1"}}
    ModelGateway("chat", services={{"stable": service, "backup": service}}, weights={{"stable": 100}})


CONFIG = {{"apiKey": "{KEY}"}}
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        monkeypatch.delenv(name)
    pytester.makeini(SETTINGS)
    return pytester


def passed(run: pytest.Pytester, text: str, *options: str, tests: int = 1) -> None:
    run.makepyfile(test_users=DEPLOYED + text)
    run.runpytest_subprocess(*options).assert_outcomes(passed=tests)


def test_it_is_found_by_pytest_and_imports_nothing_before_a_fixture_is_used(run: pytest.Pytester) -> None:
    run.makepyfile(
        "import sys\ndef test_it():\n    assert not {'pulumi', 'httpx', 'pydantic', 'grpc'} & {*sys.modules}"
    )
    result = run.runpytest_subprocess("--fixtures", "-v")
    result.stdout.fnmatch_lines(["agentrun_platform*", "agentrun_gateway*", "agentrun_stack*"])
    run.runpytest_subprocess("-p", "no:anyio", "-p", "no:hypothesispytest").assert_outcomes(passed=1)


def test_without_pytest_the_rest_is_there() -> None:
    names = ", ".join(sorted({*testing.__all__}))
    code = f"import sys; sys.modules['pytest'] = None; from pulumi_agentrun.testing import {names}"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
    assert {*testing.__all__} <= {*dir(testing)}
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        testing.nothing  # noqa: B018


def test_a_platform_has_its_switches_and_faults(run: pytest.Pytester) -> None:
    passed(run, """
def test_it(deployed):
    assert deployed.endpoint == f"file://{deployed.folder}"
    deployed.switch(duplicate=400)
    with pytest.raises(AgentRunError) as refused:
        service(deployed.client, "chat-stable-1234567")
    assert refused.value.status_code == 400
    deployed.inject(Fault(operation="CreateModelService", status=403, code="Forbidden", message="not today"))
    with pytest.raises(AgentRunError, match="not today"):
        service(deployed.client, "another")
    deployed.inject(Fault(operation="CreateModelService", status=403, code="Forbidden"))
    deployed.clear_faults()
    assert service(deployed.client, "another").status == "READY"
    with pytest.raises(ValueError, match="there is no switch 'nope'"):
        deployed.switch(nope=1)


def test_each_test_has_one_of_its_own(agentrun_platform):
    assert service(agentrun_platform.client, "another").status == "READY"
""", tests=2)  # fmt: skip


def test_a_service_answers_what_the_test_says_and_shows_what_arrived(run: pytest.Pytester) -> None:
    passed(run, """
def test_it(deployed, agentrun_gateway):
    stable, backup = agentrun_gateway.upstream("stable"), agentrun_gateway.upstream("chat-backup")
    assert agentrun_gateway.chat("Hi").text == "This is m of chat-stable-1234567, simulated. You said: Hi"
    stable.answers(503, "one", "two")
    first, second, third = (agentrun_gateway.chat() for _ in range(3))
    assert (first.text, first.attempts, second.text, third.text) == ("one", 2, "two", "two")
    assert 0 < agentrun_gateway.elapsed < 2, "the pause before the retry, which nobody waited for"
    assert [call.status for call in stable.calls] == [200, 503, 200, 200, 200]
    stable.answers(Answer("late", latency=31))
    backup.answers("saved")
    before = agentrun_gateway.elapsed
    reply = agentrun_gateway.chat("Help", temperature=0)
    assert (reply.status, reply.text, reply.service) == (200, "saved", "chat-backup-1234567")
    assert agentrun_gateway.elapsed - before > 60
    assert [call.status for call in stable.calls[-2:]] == [408, 408]
    (call,) = backup.calls
    assert (call.service, call.model, call.operation) == ("chat-backup-1234567", "m", "chat/completions")
    assert (call.texts, call.body["temperature"]) == (["Help"], 0)
    assert call.key.get_secret_value() == KEY
    assert agentrun_gateway.calls[-1] == call
    backup.answers(0)
    failed = agentrun_gateway.chat()
    assert (failed.status, failed.service, failed.attempts) == (502, None, 4)
    assert "no connection" in failed.text


def test_names_that_there_are_not(deployed, agentrun_gateway):
    with pytest.raises(ConfigError, match="has no service 'stabel'; there are chat-stable-1234567"):
        agentrun_gateway.upstream("stabel")
    with pytest.raises(ConfigError, match="no model proxy 'nope' in the account"):
        agentrun_gateway.chat(proxy="nope")
    with pytest.raises(ValueError, match="give one at least"):
        agentrun_gateway.upstream("stable").answers()
""", tests=2)  # fmt: skip


@pytest.mark.parametrize("wrong", [{"status": 302}, {"latency": -1.0}, {"text": "no", "status": 500}])
def test_an_answer_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"status is 0, or 400-599|latency is|a failure says no text"):
        Answer(**wrong)  # type: ignore[arg-type]


def test_any_client_can_call_it_and_a_credential_is_asked_for(run: pytest.Pytester) -> None:
    passed(run, """
from openai import OpenAI
from pulumi_agentrun.client import ModelClient


def test_it(deployed, agentrun_gateway):
    agentrun_gateway.upstream("stable").answers("streamed text")
    key = agentrun_gateway.key().get_secret_value()
    with OpenAI(base_url=agentrun_gateway.base_url(), api_key=key) as client:
        ask = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
        parts = [chunk.choices[0].delta.content or "" for chunk in client.chat.completions.create(**ask, stream=True)]
        assert "".join(parts) == "streamed text"
        assert len(client.embeddings.create(model="m", input="x").data[0].embedding) == 256


def test_the_control_api_is_served_too(agentrun_platform, agentrun_gateway):
    with ModelClient(agentrun_gateway.config) as client:
        service(client, "over-http")
        client.create(ModelProxyCreateInput(model_proxy_name="gate", credential_name="callers", proxy_config={
            "endpoints": [{"model_service_name": "over-http"}]}))
    assert agentrun_platform.client.get("over-http").status == "READY"
    with pytest.raises(ConfigError, match="The credential callers of the proxy gate has no secret"):
        agentrun_gateway.key()
    agentrun_platform.client.create(CredentialCreateInput(credential_name="callers", credential_config=CredentialConfig(
        credential_source_type="internal", credential_auth_type="api_key", credential_secret=SECRET)))
    agentrun_gateway.upstream("over-http").answers("for you")
    assert agentrun_gateway.chat().text == "for you"
    assert httpx.post(f"{agentrun_gateway.base_url()}/chat/completions", json={}).status_code == 401
""", tests=2)  # fmt: skip


def test_drills_are_of_what_is_deployed_or_of_a_program_and_say_what_did_not_hold(run: pytest.Pytester) -> None:
    run.path.joinpath("drill.json").write_text(
        '{"calls": 400, "events": ["stable down 10m..20m"], "expect": ["p99 < 1h"]}'
    )
    passed(run, PROGRAM + """
from pathlib import Path


def test_deployed(deployed):
    report = drill(deployed, "stable down 10m..20m", expect=["success == 100%", "fallback in 5..30%"], calls=400)
    assert 0.05 < report.to_json()["fallback"] < 0.3
    with pytest.raises(DrillFailed) as failed:
        drill(deployed, "stable down 10m..20m", expect="fallback == 0%", calls=400)
    lines = str(failed.value).splitlines()
    assert lines[0] == "the drill did not come as expected"
    assert lines[1].split() == ["SERVICE", "DECLARED", "ANSWERED", "AS", "FALLBACK", "ATTEMPTS", "FAILURES"]
    assert lines[2].startswith("chat-stable-1234567  100 %")
    assert lines[-1].startswith("NOT MET fallback == 0%: ")
    with pytest.raises(DrillFailed, match="backup down: it happened to nothing: NOT TRIED"):
        drill(deployed, "backup down", calls=50)
    with pytest.raises(ConfigError, match="call: there is no such setting; did you mean calls"):
        drill(deployed, call=50)


def test_of_a_program():
    report = drill(program, "backup slow 5s", config=CONFIG, scenario=Path("drill.json"))
    assert [event["event"] for event in report.to_json()["events"]] == ["stable down 10m..20m", "backup slow 5s"]
    with pytest.raises(Exception, match="apiKey"):
        drill(program)


async def test_beside_an_event_loop():
    assert drill(program, config=CONFIG, calls=50).is_good
""", "-o", "asyncio_mode=auto", tests=3)  # fmt: skip


def test_what_fails_shows_no_key_nor_token(run: pytest.Pytester) -> None:
    run.makepyfile(test_users=DEPLOYED.replace(f'"{KEY}"', "__import__('os').environ['A_KEY']") + """
from pathlib import Path

def test_it(deployed, agentrun_gateway):
    gateway, platform = agentrun_gateway, deployed
    token = gateway.key()
    Path("token").write_text(token.get_secret_value())
    Path("access").write_text(gateway.config.access_key_secret.get_secret_value())
    reply, config, stable = gateway.chat(), gateway.config, gateway.upstream("stable")
    assert [gateway, platform, token, reply, config, stable, stable.calls, platform.client] == []


def test_drilled(deployed, agentrun_gateway):
    drill(agentrun_gateway, expect="success < 1%", calls=20)


def test_unknown(deployed, agentrun_gateway):
    agentrun_gateway.upstream("stable").answers(401)
    assert agentrun_gateway.chat() is None
""".replace("SECRET", "NONE"))  # fmt: skip
    run.makeini(SETTINGS)
    os.environ["A_KEY"] = KEY
    try:
        result = run.runpytest_subprocess("-vv", "--showlocals", "-rA", "--log-level=DEBUG")
    finally:
        del os.environ["A_KEY"]
    result.assert_outcomes(failed=3)
    shown = result.stdout.str() + result.stderr.str()
    assert "Upstream('chat-stable-1234567')" in shown
    assert "NOT MET success < 1%: 100 %" in shown
    assert "Reply(status=200" in shown
    hidden = [KEY, *(run.path.joinpath(name).read_text() for name in ("token", "access"))]
    assert all(hidden)
    assert not [secret for secret in hidden if secret in shown]


def test_without_an_engine_a_stack_is_skipped_or_fails_if_it_is_required(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    run.makepyfile("def test_it(agentrun_stack):\n    agentrun_stack(lambda: None).up()")
    result = run.runpytest_subprocess("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*There is no `pulumi` on PATH to run the program with: https://www.pulumi.com/*"])
    required = run.runpytest_subprocess("-o", "agentrun_engine=require")
    required.assert_outcomes(failed=1)
    assert "During handling" not in required.stdout.str()
    wrong = run.runpytest_subprocess("-o", "agentrun_engine=maybe")
    assert wrong.ret == pytest.ExitCode.USAGE_ERROR
    wrong.stderr.fnmatch_lines(["ERROR: agentrun_engine cannot be 'maybe'; allowed: skip, require"])


def test_what_serving_needs_is_named_where_it_is_missing(run: pytest.Pytester) -> None:
    run.makeconftest("import sys\nsys.modules['uvicorn'] = None")
    run.makepyfile("def test_it(agentrun_platform, agentrun_gateway): ...")
    result = run.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["uvicorn is not installed, which serving needs: pip install 'pulumi-agentrun[[]platform]'"]
    )
    assert "During handling" not in result.stdout.str()


PARALLEL = """
@pytest.mark.parametrize("number", range(6))
def test_it(number, deployed, agentrun_gateway):
    agentrun_gateway.upstream("stable").answers(f"number {number}")
    assert agentrun_gateway.chat().text == f"number {number}"
    assert len(agentrun_gateway.calls) == 1
"""


def test_several_processes_of_a_run_are_not_in_each_others_way(run: pytest.Pytester) -> None:
    passed(run, PARALLEL, "-n", "2", tests=6)


def test_it_works_from_the_wheel_alone(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", run.path, ROOT], check=True, timeout=120)
    (wheel,) = run.path.glob("*.whl")
    site = run.path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    run.makepyfile(test_users=DEPLOYED + PROGRAM + PARALLEL + f"""

def test_nothing_is_from_the_repository():
    import sys, pulumi_agentrun.testing.plugin
    assert pulumi_agentrun.testing.plugin.__file__.startswith({str(site)!r})
    assert not [path for path in sys.path if path.startswith({str(ROOT / "provider")!r})]
    assert drill(program, config=CONFIG, calls=50).is_good
""")  # fmt: skip
    # Without `site`, no .pth file leads to the repository.
    monkeypatch.setenv("PYTHONPATH", f"{site}:{sysconfig.get_path('purelib')}")
    done = run.run(sys.executable, "-S", "-m", "pytest", "-p", "no:cacheprovider")
    done.stdout.fnmatch_lines(["*7 passed*"])
