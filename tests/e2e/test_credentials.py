"""A credential's life as `pulumi` shows it, what names it beside it, and its secret nowhere that people look."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from e2e.project import DOORS, Project, Run
from pulumi_agentrun.client import (
    CredentialClient,
    CredentialConfig,
    CredentialCreateInput,
    CredentialUpdateInput,
    ResourceNotExistError,
)

SECRETS = ("sk/first+secret=1", "sk/second+secret=2", "pass/word+of=users")
PROGRAM = """
import {module} as agentrun
key = agentrun.Credential(
    "key",
    credential_auth_type={auth!r},
    credential_source_type="external_llm",
    credential_public_config={{"provider": "openai"{public}}},
    description={description!r},
    {secret}
)
service = ModelService(
    "qwen", model_type="llm", provider="openai", credential_name=key.credential_name,
    provider_settings={{"base_url": "https://example.com/v1", "model_names": ["m"]}},
)
proxy = ModelProxy(
    "gateway", credential_name=key.credential_name,
    proxy_config={{"endpoints": [{{"model_service_name": service.model_service_name}}]}},
)
pulumi.export("name", key.credential_name)
"""
by_door = pytest.mark.parametrize("door", DOORS)


def program(
    project: Project,
    secret: str = f"credential_secret={SECRETS[0]!r},",
    auth: str = "api_key",
    public: str = "",
    description: str = "first",
) -> None:
    text = PROGRAM.format(module=DOORS[project.door], secret=secret, auth=auth, public=public, description=description)
    project.program(text)


def credentials(project: Project) -> CredentialClient:
    return CredentialClient(project.config)


def held(project: Project) -> str | None:
    """Return the secret that the platform has."""
    secret = credentials(project).get(project.outputs()["name"]).credential_secret
    return None if secret is None else secret.get_secret_value()


def shows_none(*texts: str) -> bool:
    """Say whether no secret is in any text: as it is, in base64, or escaped for a URL."""
    forms = {
        form
        for secret in SECRETS
        for form in (secret, base64.b64encode(secret.encode()).decode(), quote(secret), quote(secret, safe=""))
    }
    return not any(form in text for form in forms for text in texts)


@by_door
def test_a_credential_is_made_rotated_in_place_and_destroyed_after_what_names_it(project: Project) -> None:
    program(project)
    plan = project.preview()
    assert plan.changed == {"key": "create", "qwen": "create", "gateway": "create"}
    made = project.up()
    assert made.changed == plan.changed
    name = project.outputs()["name"]
    assert held(project) == SECRETS[0]
    related = credentials(project).get(name).related_resources or []
    assert sorted(str(user.resource_type) for user in related) == ["ModelProxy", "ModelService"]
    assert project.up("--refresh", "--expect-no-changes").changed == {}

    program(project, f"credential_secret=pulumi.Output.secret({SECRETS[1]!r}),")
    plan = project.preview()
    assert plan.changed == {"key": "update"}
    rotated = project.up()
    assert rotated.changed == {"key": "update"}
    assert held(project) == SECRETS[1]
    assert project.outputs()["name"] == name
    assert project.up().changed == {}
    state = project.state()

    project.platform.switch(delete_in_use="refused")
    gone = project.destroy()
    assert gone.changed == {"gateway": "delete", "qwen": "delete", "key": "delete"}
    assert credentials(project).list() == []
    assert shows_none(state, *(run.console + str(run.events) for run in (plan, made, rotated, gone)))


@by_door
def test_another_type_replaces_and_services_move_to_the_new_one(project: Project) -> None:
    program(project)
    project.up()
    before = project.outputs()["name"]
    program(project, "", auth="basic", public=f', "users": [{{"username": "u", "password": {SECRETS[2]!r}}}]')
    run = project.up()
    assert run.steps["key"] == "create-replacement+replace+delete-replaced"
    assert (run.steps["qwen"], run.steps["gateway"]) == ("update", "update")
    after = project.outputs()["name"]
    assert after != before
    (item,) = credentials(project).list()
    assert (item.credential_name, item.related_resource_count) == (after, 2)
    config = item.to_credential().credential_public_config
    assert config is not None
    assert config.users is not None
    assert config.users[0].password is not None
    assert config.users[0].password.get_secret_value() == SECRETS[2]
    assert project.up().changed == {}
    assert shows_none(project.state(), run.console + str(run.events))


@by_door
def test_a_reference_keeps_the_secret_out_of_state_and_rotates(project: Project) -> None:
    program(project, "credential_secret_from='env:MODEL_KEY',")
    project.env["MODEL_KEY"] = SECRETS[0]
    project.up()
    assert held(project) == SECRETS[0]
    assert project.up().changed == {}
    project.env["MODEL_KEY"] = SECRETS[1]
    assert project.preview().changed == {"key": "update"}
    project.up()
    assert held(project) == SECRETS[1]
    shown = project.pulumi("stack", "export", "--show-secrets", "--stack", "dev").console
    assert shows_none(shown, project.state())
    assert "env:MODEL_KEY" in shown


@by_door
@pytest.mark.parametrize("how", ["clear", "masked", "absent"])
def test_a_change_outside_is_put_back_and_a_hidden_secret_is_no_drift(project: Project, how: str) -> None:
    project.up()  # makes the platform
    project.platform.switch(api_key=how)
    program(project)
    project.up()
    name = project.outputs()["name"]
    assert project.up("--refresh").changed == {}
    credentials(project).update(name, CredentialUpdateInput.model_validate({"description": "by hand"}))
    assert project.up("--refresh").changed == {"key": "update"}
    assert credentials(project).get(name).description == "first"
    credentials(project).update(name, CredentialUpdateInput.model_validate({"credential_secret": SECRETS[1]}))
    assert project.up("--refresh").changed == ({"key": "update"} if how == "clear" else {})
    project.platform.switch(api_key="clear")
    assert held(project) == SECRETS[0 if how == "clear" else 1]


@by_door
def test_what_was_deleted_outside_is_made_again(project: Project) -> None:
    program(project)
    project.up()
    name = project.outputs()["name"]
    credentials(project).delete(name)
    project.refresh()
    assert "key" not in project.resources()
    assert project.up().changed == {"key": "create"}
    assert held(project) == SECRETS[0]
    credentials(project).delete(name)
    project.destroy()
    with pytest.raises(ResourceNotExistError):
        credentials(project).get(name)


def there(project: Project) -> None:
    """Make a credential outside of Pulumi."""
    config = CredentialConfig.outbound_llm_api_key(SECRETS[0], "openai")
    given = {"credential_name": "old", "description": "first", "credential_config": config}
    credentials(project).create(CredentialCreateInput.model_validate(given))


def imported(project: Project, out: Path) -> Run:
    assert Path(sys.executable).with_name("pulumi-resource-agentrun").exists()
    return project.pulumi(
        "import", "agentrun:index:Credential", "key", "old", "--yes", "--protect=false", "--out", str(out)
    )


def test_an_import_brings_no_secret_and_the_next_up_clears_none(make_project: Callable[..., Project]) -> None:
    project = make_project(door="plugin")
    there(project)
    project.program("")
    project.up()
    out = project.folder / "key.py"
    run = imported(project, out)
    assert shows_none(run.console, project.state(), out.read_text())
    (project.folder / "__main__.py").write_text(out.read_text())
    assert project.up().changed == {}
    project.refresh()
    assert project.up().changed == {}
    kept = credentials(project).get("old").credential_secret
    assert kept is not None
    assert kept.get_secret_value() == SECRETS[0]


@by_door
def test_what_exists_is_taken_over_with_the_programs_secret(project: Project) -> None:
    there(project)
    program(project, f"credential_secret={SECRETS[1]!r}, credential_name='old',")
    refused = project.up(check=False)
    assert "exists already" in refused.console
    run = project.up(env={"AGENTRUN_ADOPT": "old"})
    assert "credential old exists and is taken over" in run.console
    assert held(project) == SECRETS[1]
    assert shows_none(project.state(), refused.console, run.console)


@by_door
def test_what_makes_no_sense_is_refused_in_preview(project: Project) -> None:
    program(project, auth="basic", public=', "jwks": "{}"')
    run = project.preview(check=False)
    where = project.spelled("credential_public_config")
    assert run.code != 0
    assert f"{where}.users: must have at least one user" in run.console
    assert f"{where}.jwks: goes with a {project.spelled('credential_auth_type')} of jwt only" in run.console
    assert shows_none(run.console)
