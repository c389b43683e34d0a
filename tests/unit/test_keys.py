"""References to keys: which fields are ones, where they may lead, and what is read there."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.client import operations
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.lifecycle import check, diff, secret_refs, steps
from pulumi_agentrun.lifecycle.create import update_input
from pulumi_agentrun.lifecycle.paths import dotted
from pulumi_agentrun.lifecycle.schema import Shape, revealed, shape_of_model
from pulumi_agentrun.lifecycle.secret_refs import FINGERPRINT, FROM, Fingerprint, Reference
from unit.world import PLACE, World, create, wanted

OWN = {"home_from": "env:HOME", "api_key_from": "file:/etc/passwd", "a_fingerprint": 1, "x": [{"b_from": "nowhere"}]}


def rules(default: Any) -> dict[str, Any]:
    return {"model_info_configs": [{"model_name": "b", "model_parameter_rules": [{"name": "t", "default": default}]}]}


def test_a_value_of_the_users_own_goes_on_the_wire_as_it_is(tmp_path: Path) -> None:
    world = World(tmp_path)
    made = create(world, **rules(OWN))
    sent = world.run(steps.read(SERVICE, "a", made.outputs, PLACE))
    assert sent.outputs["model_info_configs"] == rules(OWN)["model_info_configs"]
    other = {**OWN, "home_from": "env:PATH"}
    news = wanted(**rules(other))
    changed = world.run(steps.update(SERVICE, "a", made.outputs, news, PLACE))
    shown = world.run(steps.read(SERVICE, "a", changed.outputs, PLACE))
    assert shown.outputs["model_info_configs"] == rules(other)["model_info_configs"]


def test_an_update_sends_a_value_of_the_users_own_as_it_is() -> None:
    olds, news = wanted(), wanted(**rules(OWN))
    sent = operations.update("a", update_input(SERVICE, diff.update_of(SERVICE, olds, news))).body
    assert sent is not None
    (config,) = json.loads(sent)["modelInfoConfigs"]
    assert config["modelParameterRules"][0]["default"] == OWN


trees = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a_from", "api_key_from", "api_key_fingerprint", "_from", "b"]), inner)
    ),
)


@given(trees)
def test_no_key_of_a_value_is_taken_for_a_reference(tree: Any) -> None:
    values = rules(tree)
    assert revealed(SERVICE, values) == values


@pytest.mark.parametrize("kind", [SERVICE, PROXY])
def test_every_mark_leads_to_a_secret_beside_it(kind: Any) -> None:
    """Names and marks say the same, so that state and programs can be read by either."""

    def walk(shapes: dict[str, Shape]) -> None:
        for name, shape in shapes.items():
            reference, remembered = shape.mark(Reference), shape.mark(Fingerprint)
            assert (reference is None) == (not name.endswith(FROM))
            assert (remembered is None) == (not name.endswith(FINGERPRINT))
            for mark in (reference, remembered):
                assert mark is None or shapes[mark.of].is_secret
            for inner in (shape, shape.item):
                if inner and inner.fields:
                    walk(inner.fields)

    walk(shape_of_model(kind.create_input))


def test_a_reference_leads_to_its_secret_and_nothing_else_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", "sk-1")
    given = {"provider_settings": {"api_key_from": "env:MODEL_KEY", "api_key_fingerprint": "s:d", "base_url": "u"}}
    assert revealed(SERVICE, given) == {"provider_settings": {"base_url": "u", "api_key": "sk-1"}}
    cleared = {"provider_settings": {"api_key_from": "", "api_key_fingerprint": "", "api_key": "k"}}
    assert revealed(SERVICE, cleared) == {"provider_settings": {"api_key": "k"}}
    assert revealed(SERVICE, {"provider_settings": {"api_key_from": ""}}) == {"provider_settings": {"api_key": ""}}


def reading(reference: str) -> str:
    """Return the reason why a reference is not followed, as a preview shows it, through whatever may run."""
    settings = {"base_url": "https://a.example", "api_key_from": reference}
    news = {"model_service_name": "a", "model_type": "llm", "provider": "p", "provider_settings": settings}
    _, failures = check.check(SERVICE, {}, news)
    (failure,) = failures
    assert dotted(failure.path) == "provider_settings.api_key_from"
    return str(failure.reason)


@pytest.mark.parametrize(
    "name",
    [
        "AGENTRUN_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_BEARER_TOKEN",
        "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN", "agentrun_x", "Pulumi_Config",
    ],
)  # fmt: skip
def test_no_reference_leads_to_the_credentials_of_the_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "top-secret")
    reason = reading(f"env:{name}")
    assert (
        reason == "must not lead to a variable of AGENTRUN_, ALIBABA_CLOUD_ or PULUMI_: copy the key to one of its own"
    )


def test_only_small_regular_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "large").write_text("x" * (8 * 1024 + 1))
    assert "is larger than 8 KiB" in reading(f"file:{tmp_path}/large")
    (tmp_path / "full").write_text("x" * 8 * 1024)
    assert secret_refs.read(f"file:{tmp_path}/full") == "x" * 8 * 1024
    os.mkfifo(tmp_path / "fifo")
    assert "is no regular file" in reading(f"file:{tmp_path}/fifo")
    (tmp_path / "link").symlink_to("fifo")
    assert "is no regular file" in reading(f"file:{tmp_path}/link")
    assert "is no regular file" in reading(f"file:{tmp_path}")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        assert "is no regular file" in reading(f"file:{tmp_path}/s")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert "it is not text" in reading(f"file:{tmp_path}/binary")
    (tmp_path / "key").write_text("sk-1\n")
    assert secret_refs.read(f"file:{tmp_path}/key") == "sk-1"


@pytest.mark.parametrize(
    "path",
    [
        "/dev/zero", "/dev/null", "/dev/tty", "/dev/stdin", "/dev/fd/0", "/proc/self/environ", "/proc/self/cmdline",
        "/proc/1/../self/environ", "/sys/kernel/uevent_seqnum", "//proc/self/environ", "/tmp/../proc/self/environ",
    ],
)  # fmt: skip
def test_nothing_of_the_system_is_read(path: str, tmp_path: Path) -> None:
    assert "is no regular file" in reading(f"file:{path}")
    (tmp_path / "link").symlink_to(path)
    assert "is no regular file" in reading(f"file:{tmp_path}/link")


@pytest.mark.parametrize("path", ["~nobody-of-that-name/key", "a\0b", "x" * 5000, "\ud800"])
def test_a_path_that_is_none_is_a_sentence(path: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read: "):
        secret_refs.read(f"file:{path}")
