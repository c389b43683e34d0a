"""The platform's page in a real Chromium: it draws, it follows a real `pulumi up`, and it shows an outage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from e2e.browser import chromium, looking
from e2e.project import Project
from e2e.test_gateway import served as serving
from gateway.local import API_KEY, TOKEN, Local, served
from playwright.sync_api import Browser, Page, expect

BACKUP = [{"modelServiceName": "backup"}]
PROGRAM = """
for name in ("stable", "canary"):
    ModelService(name, model_type="llm", provider="tongyi", model_service_name=name, provider_settings={
        "base_url": "https://example.com/v1", "api_key": "sk-1", "model_names": ["m"]})
ModelProxy("chat", model_proxy_name="chat", proxy_config={"endpoints": [
    {"model_service_name": "stable", "weight": 90}, {"model_service_name": "canary", "weight": 10}]})
"""
CONTRASTS = """
() => {
  const lit = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!/, 0\\)$/.test(backgroundColor)) return backgroundColor;
    }
  };
  const low = [];
  for (const element of document.querySelectorAll("#house *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest("svg") || element.disabled || !element.checkVisibility()) continue;
    const [one, other] = [lit(getComputedStyle(element).color), lit(behind(element))].sort((a, b) => b - a);
    if ((one + 0.05) / (other + 0.05) < 4.5) low.push(`${element.tagName} ${element.textContent}`);
  }
  return low;
}
"""
NAMELESS = """
() => [...document.querySelectorAll("#house input, #house select, #house button")]
  .filter((control) => !(control.labels?.length || control.ariaLabel || control.textContent.trim()))
  .map((control) => control.outerHTML)
"""
LISTEN = """
() => {
  window.came = new Promise((done) => {
    new EventSource("/page/events").onmessage = ({ data }) => { if (data.includes("late")) done(); };
  });
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with served(tmp_path / "data") as local:
        yield local


@pytest.fixture
def page(browser: Browser, local: Local) -> Iterator[Page]:
    with looking(browser, local.address, TOKEN) as page:
        yield page


def total(page: Page, name: str) -> str:
    return page.locator(f"#total-{name} dd span").first.inner_text()


def test_it_draws_who_routes_to_whom(local: Local, page: Page) -> None:
    for name in ("stable", "canary", "backup"):
        local.service(name)
    endpoints = [{"modelServiceName": "stable", "weight": 90}, {"modelServiceName": "canary", "weight": 10}]
    config = {"endpoints": endpoints, "policies": {"fallbacks": BACKUP}}
    body = {"modelProxyName": "gate", "cpu": 1, "memory": 1, "proxyMode": "single", "proxyConfig": config}
    local.control("POST", "model-proxies", body)
    drawing = page.locator("#picture svg")
    expect(drawing).to_have_attribute(
        "aria-label",
        "A call for m goes to stable (90%), canary (10%). Where that fails, also after retries, it goes on to backup.",
    )
    expect(drawing.locator("text.share")).to_have_text(["90%", "10%"])
    expect(drawing.locator("text.name")).to_have_text(["gate", "stable", "canary", "backup"])
    wide, narrow = (
        float(drawing.locator("path.link").nth(index).get_attribute("stroke-width") or 0) for index in (0, 1)
    )
    assert wide > 4 * narrow, "a share is as wide as it is"
    assert drawing.locator("path.fall").count() == 2


def test_the_token_stays_out_of_reach_and_a_new_tab_is_let_in(local: Local, page: Page) -> None:
    assert page.url == f"{local.address}/"
    assert page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]
    (cookie,) = page.context.cookies(f"{local.address}/page/")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    other = page.context.new_page()
    other.goto(local.address)
    expect(other.locator("#connection")).to_have_text("Live")
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_label("Token")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Token")).to_be_visible()


def test_a_wrong_token_is_said(browser: Browser, local: Local) -> None:
    page = browser.new_page()
    page.goto(local.address)
    page.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("That is not the token.")
    page.context.close()


@pytest.mark.parametrize("door", ["dynamic", "plugin"])
def test_it_follows_a_real_pulumi_up(browser: Browser, project: Project) -> None:
    with serving(project) as address:
        token = (project.data / "token").read_text().strip()
        with looking(browser, address, token) as page:
            expect(page.locator("#picture")).to_contain_text("There is no model proxy yet.")
            project.program(PROGRAM)
            project.up()
            drawing = page.locator("#picture svg")
            expect(drawing.locator("text.share")).to_have_text(["90%", "10%"])
            expect(page.locator("#services tbody tr")).to_have_count(2)
            project.program(PROGRAM.replace("90", "50").replace("10}", "50}"))
            project.up()
            expect(drawing.locator("text.share")).to_have_text(["50%", "50%"])
            project.pulumi("destroy", "--yes")
            expect(page.locator("#services")).to_contain_text("There is no model service yet.")


def test_an_outage_shows_with_its_failovers_and_its_end(local: Local, page: Page) -> None:
    local.proxy("stable", "backup", fallbacks=BACKUP)
    page.get_by_label("What stable does").select_option("no connection")
    row = page.locator("#services tbody tr").first
    expect(row).to_contain_text("failing")
    expect(page.locator("#picture rect.box.bad")).to_have_count(1)
    expect(page.locator("#news")).to_have_text("stable: no connection")
    assert [local.chat().status_code for _ in range(3)] == [200, 200, 200]
    expect(page.locator("#total-failovers dd span").first).to_have_text("3")
    assert (total(page, "calls"), total(page, "failed")) == ("3", "0")
    expect(page.locator("#picture path.fall.used")).to_have_count(2)
    last = page.locator("#requests tbody tr").first
    expect(last).to_contain_text("failover")
    expect(last).to_contain_text("stable (simulated: no connection) → backup")
    page.get_by_label("What stable does").select_option("works")
    expect(row).to_contain_text("READY")
    expect(page.locator("#picture rect.box.bad")).to_have_count(0)
    assert "hi" not in page.locator("#requests tbody").inner_text().split(), "what was said is not shown"
    assert API_KEY not in page.content()


def test_switches_and_faults_are_set_with_the_keyboard(local: Local, page: Page) -> None:
    page.get_by_label("api_key").focus()
    page.keyboard.type("masked")
    expect(page.locator("#switch-list .changed label")).to_have_text("api_key")
    page.get_by_label("Operation").select_option("CreateModelService")
    page.get_by_label("What happens").select_option("creation fails")
    page.get_by_label("How often").fill("2")
    page.keyboard.press("Enter")
    expect(page.locator("#waiting li")).to_have_text(
        "Each of the next 2 calls of CreateModelService ends in CREATE_FAILED (a fault of the page)."
    )
    local.service("qwen")
    expect(page.locator("#services tbody tr")).to_contain_text("CREATE_FAILED")
    expect(page.locator("#services tbody tr")).to_contain_text("a fault of the page")
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator("#waiting li")).to_have_count(0)
    assert local.platform.switches.api_key == "masked"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark_and_by_its_names(browser: Browser, local: Local, scheme: str) -> None:
    local.proxy("stable", "backup", fallbacks=BACKUP)
    local.chat()
    local.post(x_agentrun_simulate="*:status=500")
    with looking(browser, local.address, TOKEN, color_scheme=scheme) as page:
        expect(page.locator("#requests tbody tr")).to_have_count(2)
        back = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(back.removeprefix("rgb(").split(",")[0]) < 50) is (scheme == "dark")
        assert page.evaluate(CONTRASTS) == []
        assert page.evaluate(NAMELESS) == []


def test_it_reads_well_at_a_thousand_resources(local: Local, page: Page) -> None:
    local.proxy("qwen")
    for kind, field, name, number in (("model service", "modelServiceName", "qwen", 700),
                                      ("model proxy", "modelProxyName", "gate", 300)):  # fmt: skip
        with local.store.writing() as tables:
            row = tables.find(kind, name, 2**60)
            assert row is not None
            for count in range(1, number):
                one = f"{name}-{count}"
                tables.add(replace(row, name=one, id=one, body={**row.body, field: one}))
    expect(page.locator("#services .found")).to_have_text("700")
    expect(page.locator("#proxy-pages")).to_contain_text("1–12 of 300")
    assert page.evaluate("document.querySelectorAll('*').length") < 2000, "only what is looked at is there"
    page.get_by_label("Search services").fill("qwen-69")
    expect(page.locator("#services .found")).to_have_text("11 of 700")
    page.get_by_label("Search model proxies").fill("gate-299")
    page.get_by_role("button", name="gate-299").click()
    expect(page.locator("#picture h3")).to_have_text("gate-299")
    page.get_by_label("Search services").fill("")
    page.locator("#services").get_by_role("button", name="Next").click()
    expect(page.locator("#services .pages")).to_contain_text("26–50 of 700")
    local.control("PUT", "model-services/qwen-3", {"status": "UPDATE_FAILED", "statusReason": "no quota"})
    page.get_by_label("Which services").select_option("not ready")
    expect(page.locator("#services tbody tr")).to_have_count(1)
    expect(page.locator("#services tbody tr")).to_contain_text("no quota")


def test_hostile_names_are_text(local: Local, page: Page) -> None:
    page.evaluate("window.addEventListener('securitypolicyviolation', () => { window.harmed = true })")
    hostile = "<img src=x onerror='window.harmed=true'><script>window.harmed=true</script>"
    local.service(hostile, hostile, provider=hostile)
    local.control(
        "PUT", f"model-services/{hostile.replace('/', '%2F')}", {"status": "UPDATE_FAILED", "statusReason": hostile}
    )
    endpoints = [{"modelServiceName": hostile, "modelNames": [hostile, "__proto__"]}]
    body = {
        "modelProxyName": hostile,
        "cpu": 1,
        "memory": 1,
        "proxyMode": "single",
        "proxyConfig": {"endpoints": endpoints},
    }
    local.control("POST", "model-proxies", body)
    local.proxy("qwen")
    local.before("qwen", name="__proto__")
    body = {"model": hostile, "messages": [{"role": "user", "content": "hi"}]}
    local.post(body=body)  # of a model that there is not, which is not told
    url = f"{local.address}/models/{quote(hostile, safe='')}/v1/chat/completions"
    assert httpx.post(url, json=body, headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    expect(page.locator("#services tbody td").first).to_contain_text(hostile)
    expect(page.locator("#services tbody td .why").nth(1)).to_have_text(hostile)
    expect(page.locator("#picture h3")).to_have_text(hostile)
    expect(page.locator("#requests tbody")).to_contain_text(hostile)
    page.get_by_role("button", name="__proto__").click()
    expect(page.locator("#picture h3")).to_have_text("__proto__")
    assert page.locator("#house main img").count() == 0
    assert page.evaluate("window.harmed") is None


def test_a_pause_keeps_the_page_still(local: Local, page: Page) -> None:
    local.proxy("qwen")
    expect(page.locator("#services tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    page.evaluate(LISTEN)
    local.service("late")
    page.evaluate("() => window.came")
    expect(page.locator("#services tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Paused").click()
    expect(page.locator("#services tbody tr")).to_have_count(2)


def test_a_platform_that_was_started_anew_asks_for_the_token_again(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    with served(tmp_path / "data") as local:
        page.goto(local.address)
        page.get_by_label("Token").fill(TOKEN)
        page.keyboard.press("Enter")
        expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#connection")).to_have_text("No answer, trying again")
    with served(tmp_path / "data", port=int(local.address.rpartition(":")[2])):
        expect(page.get_by_label("Token")).to_be_visible(timeout=20_000)
    context.close()
