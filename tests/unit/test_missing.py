"""Which 404s say that a resource is missing: few, and for each way to say it there are many that only look like it."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pulumi_agentrun.client import answers, errors, missing, operations
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.client.missing import says_missing
from pulumi_agentrun.client.models import ModelServiceCreateInput, ModelServiceListInput, ModelServiceUpdateInput
from pulumi_agentrun.lifecycle.readers import PYTHON

GENERIC = ("ERR_NOT_FOUND", "NotFound", "ERR_RESOURCE_NOT_FOUND", "ResourceNotFound", "EntityNotExist")

MISSING = [
    *((code, "") for code in (
        "ERR_MODEL_SERVICE_NOT_FOUND", "ModelServiceNotFound", "ModelService.NotFound", "EntityNotExist.ModelService",
        "MODEL-SERVICE.NOT-EXIST", "modelServiceNotExists", "ErrModelServiceNotExist", "ModelServiceNotFoundException",
        "NoSuchModelService", "ResourceNotFound.ModelService",
    )),
    ("ERR_MODEL_SERVICE_NOT_FOUND", "not found"),
    ("ERR_MODEL_SERVICE_NOT_FOUND", "model service a does not exist in workspace w"),
    ("ModelServiceNotFound", "The specified resource does not exist."),
    *(("ERR_NOT_FOUND", message) for message in (
        "model service a does not exist", "ModelService 'a' not found", "model-service a was not found",
        'The specified model service "a" could not be found.', "Model Service a doesn't exist!",
        "model_service `a` is not found",
        "the requested ModelService a cannot be found", "model service: a not found", "model-service/a not found",
        "model service named 'a' does not exist", 'no such model service: "a"', "could not find model service a",
        "there is no model service a", "Not found: model service a", "ModelService not found: a",
        "model service a does not exist in this region", "model service a does not exist, request id: 0A-B1",
        "model service a does not exist. RequestId: 0A-B1",
    )),
    ("", "model service a does not exist"),
    ("404", "model service a does not exist"),
    ("SomethingNew", "model service a does not exist"),
    ("ERR_SERVICE_NOT_FOUND", "model service a does not exist"),
    *((code, f"{subject} a does not exist") for code in GENERIC for subject in ("resource", "The specified Resource")),
]  # fmt: skip
OTHERWISE = [
    *(("ERR_NOT_FOUND", message) for message in (
        "", "not found", "Not Found", "does not exist", "a does not exist", "a", "'a' not found",
        "workspace ws-1 of model service a does not exist", "model service a: role r not found",
        "model service a of workspace w does not exist", "model service a or its workspace does not exist",
        "workspace a does not exist", "role a not found", "region cn-xyz not found", "model proxy a does not exist",
        "model service ab does not exist", "model service b does not exist", "model service 'ab' not found",
        "model service A does not exist", "model service a b does not exist", "model service a does not exist: role r",
        "model service a is not ready", "model service a not found because workspace w does not exist",
        "the model of model service a does not exist", "model services a does not exist",
        "no such model service: ab", "model service not found: a b", "no such model service: a.", "model service (a",
        "version 3 of model service a could not be found", "model service a exists", "model service  does not exist",
    )),
    ("ERR_WORKSPACE_NOT_FOUND", "workspace ws-1 does not exist"),
    ("ERR_WORKSPACE_NOT_FOUND", "model service a does not exist"),
    ("EntityNotExist.Role", "The role does not exist."),
    ("EntityNotExist.User", "model service a does not exist"),
    ("ERR_MODEL_PROXY_NOT_FOUND", ""),
    ("ERR_MODEL_SERVICE_VERSION_NOT_FOUND", "model service a does not exist"),
    ("ERR_MODEL_SERVICE_WORKSPACE_NOT_FOUND", ""),
    ("ERR_MODEL_SERVICE_NOT_FOUND", "model service b does not exist"),
    ("ERR_MODEL_SERVICE_NOT_FOUND", "model service a: role r does not exist"),
    ("ERR_MODEL_SERVICE_NOT_FOUND", "workspace ws-1 does not exist"),
    ("ERR_MODEL_SERVICE_NOT_FOUND", "The specified region is not found"),
    ("InvalidAction.NotFound", "Specified api is not found, please check your url and method."),
    ("InvalidApi.NotFound", "resource a does not exist"),
    ("", "resource a does not exist"),
    ("SomethingNew", "resource a does not exist"),
    ("InvalidInstanceId.NotFound", "The specified instance a does not exist."),
    ("NoSuchBucket", "The specified bucket does not exist."),
    ("NotFound", "Not Found"),
    ("ERR_MODEL_SERVICE_NOT_FOUND工作区", ""),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message"), MISSING)
def test_what_says_that_a_resource_is_missing(code: str, message: str) -> None:
    assert says_missing("model service", "a", code, message)
    if "resource" not in message.lower():
        assert not says_missing("model proxy", "a", code, message)


@pytest.mark.parametrize("code", ["ERR_CREDENTIAL_NOT_FOUND", "CredentialNotFound", "ERR_NOT_FOUND", ""])
def test_a_kind_whose_word_has_other_meanings_must_be_named(code: str) -> None:
    assert says_missing("credential", "a", code, "credential a does not exist")
    assert says_missing("credential", "a", code, "The specified credential 'a' was not found.")
    for message in ("", "Specified access key is not found.", "The credential is not found.", "credential b not found"):
        assert not says_missing("credential", "a", code, message)


@pytest.mark.parametrize(("code", "message"), OTHERWISE)
def test_what_only_looks_like_it(code: str, message: str) -> None:
    assert not says_missing("model service", "a", code, message)


names = st.one_of(
    st.text(min_size=1, max_size=12).filter(lambda name: name == name.strip() and name not in (".", "..")),
    st.text("ab.*+?()[]{}^$|\\'\"`:/#= -", min_size=1, max_size=8).filter(lambda name: name == name.strip()),
    st.sampled_from(["not found", "does not exist", "a does not exist", "model service a", "named a", "role r"]),
)
titles = st.sampled_from([SERVICE.title, PROXY.title])
leads = st.sampled_from(["", "The ", "the specified ", "The requested ", "AgentRun "])
quotes = st.sampled_from(["{}", "'{}'", '"{}"', "`{}`", "“{}”"])
ends = st.sampled_from([" does not exist", " not found", " was not found.", " could not be found", " doesn't exist."])
spellings = st.sampled_from([str, str.upper, str.title, lambda t: t.replace(" ", "-"), lambda t: t.replace(" ", "")])


@given(names, titles, leads, quotes, ends, spellings, st.sampled_from(["", "ERR_NOT_FOUND", "E", *GENERIC]))
@example("a.b", "model service", "", "{}", " not found", str, "E")
def test_each_way_to_say_it_works_for_each_name(
    name: str, title: str, lead: str, quote: str, end: str, spell: object, code: str
) -> None:
    assert callable(spell)
    message = lead + spell(title) + " " + quote.format(name) + end
    assert says_missing(title, name, code, message)
    other = SERVICE.title if title == PROXY.title else PROXY.title
    assert not says_missing(other, name, code, message)


@given(names, names, titles, leads, quotes, ends, spellings, st.sampled_from(["", "ERR_NOT_FOUND", "kind"]))
@example("a", "ab", "model service", "", "{}", " not found", str, "E")
@example("a", "a does not exist", "model service", "", "{}", " does not exist", str, "E")
@example("does not exist", "not found", "model service", "", "{}", " does not exist", str, "E")
@example("a.c", "abc", "model service", "", "{}", " does not exist", str, "E")
def test_nothing_is_missing_because_another_is(
    name: str, other: str, title: str, lead: str, quote: str, end: str, spell: object, code: str
) -> None:
    shown = quote.format(other)
    assume(name not in (shown, shown[1:-1]))  # what has quotes around it cannot be told from what has them in it
    assert callable(spell)
    if code == "kind":
        code = f"ERR_{title.upper().replace(' ', '_')}_NOT_FOUND"
    assert not says_missing(title, name, code, lead + spell(title) + " " + quote.format(other) + end)


@given(names, titles, st.text(max_size=20), st.text(max_size=40))
def test_no_other_text_says_it(name: str, title: str, code: str, message: str) -> None:
    assume(name not in message or title not in message.lower().replace("-", " "))
    assume(title.replace(" ", "") not in re.sub(r"[\W_]", "", code.lower()))
    assert not says_missing(title, name, code, message)


def test_a_long_message_takes_no_time() -> None:
    for text in (
        "model service " * 20_000,
        "model service " + "a " * 900,
        " " * 1_999,
        "model service a" + " in" * 600,
    ):
        for code in ("ERR_MODEL_SERVICE_NOT_FOUND", "ERR_NOT_FOUND"):
            says_missing("model service", "a", code, text + " does not exis")


PAGES = {
    "Spring": {"timestamp": "2026-01-01", "status": 404, "error": "Not Found", "message": "", "path": "/x/a"},
    "Spring's handler": {"code": "404", "message": "No handler found for GET /2025-09-10/agents/model-services/a"},
    "FastAPI": {"detail": "Not Found"},
    "Express": "Cannot GET /2025-09-10/agents/model-services/a",
    "nginx": "<html><head><title>404 Not Found</title></head><body>model service a does not exist</body></html>",
    "a gateway": {"code": "NotFound", "message": "Not Found"},
    "Kong": {"message": "no Route matched with those values", "request_id": "x"},
    "Kubernetes": {"kind": "Status", "code": 404, "reason": "NotFound", "message": 'services "a" not found'},
    "OSS": "<Error><Code>NoSuchBucket</Code><Message>model service a does not exist</Message></Error>",
    "nothing": "",
    "a list": [{"code": "ERR_MODEL_SERVICE_NOT_FOUND"}],
    "an object as code": {"code": {"a": 1}, "message": ["model service a does not exist"]},
}
GONE = {"code": "ERR_MODEL_SERVICE_NOT_FOUND", "message": "model service a does not exist", "requestId": "R"}
CREATE = ModelServiceCreateInput.model_validate(
    {"model_service_name": "a", "model_type": "llm", "provider": "p", "provider_settings": {}}
)


def answer(body: object, status: int = 404) -> httpx.Response:
    return httpx.Response(status, content=body if isinstance(body, str) else json.dumps(body))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_default_pages_say_nothing_of_a_resource(page: object) -> None:
    with pytest.raises(errors.HTTPError, match="does not say that model service a is missing") as caught:
        answers.read(operations.get(SERVICE, "a"), answer(page))
    assert not isinstance(caught.value, errors.ResourceNotExistError)


OF_ONE = [
    operations.get(SERVICE, "a"),
    operations.update("a", ModelServiceUpdateInput()),
    operations.delete(SERVICE, "a"),
]


@pytest.mark.parametrize("operation", OF_ONE, ids=lambda operation: operation.action)
def test_only_a_404_for_a_named_resource_can_say_it(operation: operations.Operation[object]) -> None:
    with pytest.raises(errors.ResourceNotExistError, match="request id R"):
        answers.read(operation, answer(GONE))
    for status in (200, 301, 400, 403, 410, 429, 500, 503):
        with pytest.raises(errors.AgentRunError) as caught:
            answers.read(operation, answer(GONE, status))
        assert not isinstance(caught.value, errors.ResourceNotExistError)


@pytest.mark.parametrize("operation", [operations.create(CREATE), operations.list_page(ModelServiceListInput())])
def test_neither_a_creation_nor_a_list_ever_says_it(operation: operations.Operation[object]) -> None:
    with pytest.raises(errors.ClientError, match=r"refused.*what the request names") as caught:
        answers.read(operation, answer(GONE))
    assert not isinstance(caught.value, errors.ResourceNotExistError)


def test_another_404_says_what_to_check() -> None:
    body = {"code": "ERR_WORKSPACE_NOT_FOUND", "message": "workspace ws-1 does not exist", "requestId": "R"}
    with pytest.raises(errors.ClientError) as caught:
        answers.read(operations.get(SERVICE, "a"), answer(body))
    assert caught.value.told(PYTHON) == (
        "GetModelService of model service a was refused: workspace ws-1 does not exist "
        "(HTTP 404, ERR_WORKSPACE_NOT_FOUND, request id R). "
        "This does not say that model service a is missing, so it is not taken for deleted. "
        "Check agentrun:endpoint, the region, the account, any HTTP proxy in between, and the workspace. "
        "If you know that it is gone, pulumi state delete removes it from Pulumi's state."
    )
    assert str(caught.value).endswith(
        "Check endpoint, the region, the account, any HTTP proxy in between, and the workspace."
    )


def test_a_look_for_another_name_compiles_no_pattern() -> None:
    """It took a fourteenth of the provider's time in `up`: each resource that is made is looked for first."""

    def look(name: str) -> None:
        assert says_missing("model service", name, "ERR_NOT_FOUND", f"model service '{name}' does not exist")

    look("one")
    before = missing._sentences.cache_info().misses
    for number in range(30):
        look(f"service-{number}")
    assert missing._sentences.cache_info().misses == before
