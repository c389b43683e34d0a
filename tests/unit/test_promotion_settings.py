"""Settings that are moved from stack to stack: what is wanted changes, and not one character beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.promotion.settings import Settings, differing, moved, project_folder, settings_of

SECRET = "v1:never-shown"
PROD = f"""\
# About production.
config:
  # The model.
  p:model: qwen-max   # as agreed
  p:limit: "500"
  p:guardrails:  # strict
    block: true
    words:
      - a
      - b
  # The last.
  p:key:
    secure: {SECRET}
encryptionsalt: v1:x
"""


def settings(text: str, stack: str = "prod") -> Settings:
    return Settings(Path(f"Pulumi.{stack}.yaml"), "p", text)


def dev(**values: Any) -> Settings:
    return settings(yaml.safe_dump({"config": {f"p:{name}": value for name, value in values.items()}}), "dev")


def lines_changed(before: str, after: str) -> list[tuple[str, str]]:
    assert len(before.splitlines()) == len(after.splitlines())
    return [(b, a) for b, a in zip(before.splitlines(), after.splitlines(), strict=True) if b != a]


def test_a_value_changes_in_its_place_and_comments_stay() -> None:
    found = moved(dev(model="qwen-turbo", limit="10"), settings(PROD), ["model", "p:limit"])
    assert lines_changed(PROD, found) == [
        ("  p:model: qwen-max   # as agreed", "  p:model: qwen-turbo   # as agreed"),
        ('  p:limit: "500"', "  p:limit: '10'"),
    ]


def test_a_setting_that_was_not_there_comes_after_the_last() -> None:
    found = moved(dev(backup="true", list=["a", {"b": 1}]), settings(PROD), ["backup", "list"])
    assert found == PROD.replace("encryptionsalt", "  p:backup: 'true'\n  p:list:\n    - a\n    - b: 1\nencryptionsalt")


def test_a_whole_block_is_replaced() -> None:
    found = moved(dev(guardrails={"block": False}), settings(PROD), ["guardrails"])
    assert found == PROD.replace(
        "  p:guardrails:  # strict\n    block: true\n    words:\n      - a\n      - b\n",
        "  p:guardrails:\n    block: false\n",
    )
    assert moved(dev(guardrails="none"), settings(PROD), ["guardrails"]).count("p:guardrails: none\n") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "config:\n  p:a: x\n"),
        ("encryptionsalt: v1:x\n", "encryptionsalt: v1:x\nconfig:\n  p:a: x\n"),
        ("config:\n    p:b: y", "config:\n    p:b: y\n    p:a: x\n"),
        ("config:\n  p:a:\n  p:b: y\n", "config:\n  p:a: x\n  p:b: y\n"),
        ("config:\r\n  p:a: z # c\r\n  p:b: y\r\n", "config:\r\n  p:a: x # c\r\n  p:b: y\r\n"),
        ("config:\r\n  p:b: y\r\n", "config:\r\n  p:b: y\r\n  p:a: x\r\n"),
        ("salt: s\r\n", "salt: s\r\nconfig:\r\n  p:a: x\r\n"),
        ("config:\n  a: z\n", "config:\n  a: x\n"),
        ("config:\n  p:a: |\n    z\n    z\n  p:b: y\n", "config:\n  p:a: x\n  p:b: y\n"),
        ("config:\n  p:b: >\n    y\nsalt: s\n", "config:\n  p:b: >\n    y\n  p:a: x\nsalt: s\n"),
        ("config:\n  p:b:\n  - y # c\n# end\n", "config:\n  p:b:\n  - y # c\n  p:a: x\n# end\n"),
    ],
)
def test_files_of_any_form_are_changed(text: str, expected: str) -> None:
    assert moved(dev(a="x"), settings(text), ["a"]) == expected


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        (PROD, ["modell"], "There is no setting p:modell in Pulumi.dev.yaml; did you mean p:model?"),
        (PROD, ["zz"], "There is no setting p:zz in Pulumi.dev.yaml."),
        (PROD, ["key"], "p:key is a secret, which only Pulumi can encrypt for another stack"),
        (PROD, ["hidden"], "p:hidden is a secret, which only Pulumi"),
        ("config: {}\n", ["model"], "config in Pulumi.prod.yaml is written in one line"),
        ("config: {p:b: y}\n", ["model"], "config in Pulumi.prod.yaml is written in one line"),
        ("config:\n", ["model"], "config in Pulumi.prod.yaml has no settings"),
        ("config: x\n", ["model"], "config in Pulumi.prod.yaml must be a map of settings."),
        ("[]\n", ["model"], "Pulumi.prod.yaml must be a map."),
        ("a: [\n", ["model"], "Pulumi.prod.yaml cannot be read: it is no YAML."),
        ("config:\n  p:model: &x a\n  p:b: *x\n", ["model"], "is written in a way that cannot be changed safely"),
    ],
)
def test_what_cannot_be_moved_is_a_sentence(text: str, names: list[str], said: str) -> None:
    source = dev(model="m", key="plain", hidden={"a": [{"secure": SECRET}]})
    with pytest.raises(ConfigError) as refused:
        moved(source, settings(text), names)
    assert said in str(refused.value)
    assert SECRET not in str(refused.value) + repr(source)


plain = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n")) | st.integers() | st.booleans()
values = st.recursive(
    plain | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
stacks = st.dictionaries(st.sampled_from(["p:a", "p:b", "q:c", "d"]), values, min_size=1)


@given(stacks, stacks, st.booleans(), st.data())
def test_any_settings_are_moved_and_the_others_stay(
    ours: dict[str, Any], theirs: dict[str, Any], theirs_flow: bool, data: st.DataObject
) -> None:
    def written(given: dict[str, Any], is_flow: bool) -> str:
        style = None if is_flow else False  # what has no collections in it is in one line, or nothing is
        text = yaml.safe_dump({"config": given}, sort_keys=False, allow_unicode=True, default_flow_style=style)
        return f"# first\n{text}# last\n"

    source, target = settings(written(ours, False), "dev"), settings(written(theirs, theirs_flow))
    names = data.draw(st.lists(st.sampled_from(sorted(ours)), unique=True))
    try:
        found = moved(source, target, names)
    except ConfigError:
        assert theirs_flow
        return
    wanted = {**target.values, **{source.whole(name): ours[name] for name in names}}
    assert settings(found).values == wanted
    assert found.startswith("# first\n")
    assert found.endswith("# last\n")


def test_settings_are_compared_and_no_value_is_shown() -> None:
    source = dev(model="m", limit="500", more=1, key={"secure": "v1:other"})
    assert dict(differing(source, settings(PROD))) == {
        "p:guardrails": "only there",
        "p:key": "secret",
        "p:model": "differs",
        "p:more": "missing",
    }


def test_what_is_expected_is_read_from_the_settings() -> None:
    assert settings("").expected == ()
    text = "config:\n  agentrun:promotion:\n    expected: [shares, 'tokens (*)']\n"
    assert settings(text).expected == ("shares", "tokens (*)")
    for wrong in ("[5]", "shares", "['']"):
        with pytest.raises(ConfigError, match=r"agentrun:promotion\.expected in Pulumi\.prod\.yaml must be a list"):
            assert settings(f"config:\n  agentrun:promotion:\n    expected: {wrong}\n").expected
    with pytest.raises(ConfigError, match="must be a list of texts"):
        assert settings("config:\n  agentrun:promotion: x\n").expected


def test_settings_are_found_beside_the_project(tmp_path: Path) -> None:
    assert project_folder(tmp_path) is None
    (tmp_path / "Pulumi.yml").write_text("name: shop\nstackConfigDir: stacks\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("config:\n  a: x\n")
    (tmp_path / "deep").mkdir()
    assert project_folder(tmp_path / "deep") == tmp_path
    assert settings_of("organization/shop/dev", tmp_path).values == {"shop:a": "x"}
    assert settings_of("prod", tmp_path).values == {}
    (tmp_path / "Pulumi.yml").write_text("[]")
    with pytest.raises(ConfigError, match=r"Pulumi\.yml names no project"):
        settings_of("dev", tmp_path)


@pytest.mark.parametrize(("content", "said"), [(b"\xff", "it is not in UTF-8"), (None, "Is a directory")])
def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, content: bytes | None, said: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    path = tmp_path / "Pulumi.dev.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"cannot be read: {said}"):
        settings_of("dev", tmp_path)


def test_all_lines_of_a_block_end_as_the_file_does() -> None:
    text = "config:\r\n  p:b: y\r\n"
    assert moved(dev(a=[1, 2]), settings(text), ["a"]) == f"{text}  p:a:\r\n    - 1\r\n    - 2\r\n"


@pytest.mark.parametrize(
    "name",
    [
        "agentrun:accessKeySecret",
        "agentrun:accessKeyId",
        "agentrun:securityToken",
        "p:apiKey",
        "p:dbPassword",
        "p:TOKEN",
    ],
)
def test_what_is_a_credential_by_its_name_is_not_copied(name: str) -> None:
    source = settings(f"config:\n  {name}: {SECRET}\n", "dev")
    with pytest.raises(ConfigError) as refused:
        moved(source, settings(PROD), [name])
    assert str(refused.value).startswith(f"{name} is a credential by its name")
    assert f"pulumi config set --secret {name}" in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        {"profiles": {"a": {"region": "r", "accessKeySecret": SECRET}}},
        {"apiKeys": {"a": SECRET}},
        {"apiKeys": [{"of": SECRET}]},
    ],
)
def test_what_is_in_a_setting_may_be_a_credential_too(given: dict[str, Any]) -> None:
    source = dev(**given)
    with pytest.raises(ConfigError, match="is a credential by its name, or holds one") as refused:
        moved(source, settings(PROD), [*given])
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("name", ["tokensPerMinute", "tokens", "maxTokens", "apiKeyFrom"])
def test_numbers_of_tokens_and_references_are_no_credentials(name: str) -> None:
    assert settings(moved(dev(**{name: "5"}), settings(PROD), [name])).values[f"p:{name}"] == "5"
