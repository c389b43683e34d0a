// The page: signs in, listens to what changes, and draws it, at most once a frame.

import { faultForm, send, showFaults, showSwitches, showTrouble, troubleSelect } from "./controls.js";
import { counted, element, find, keep, percent, say, state } from "./dom.js";
import { pager, table, text } from "./listing.js";
import { drawing, facts, rates, said } from "./picture.js";
import { all, byPlace, calls, health, one, standing, take, totals, troubleOf, troubleSaid } from "./store.js";

const PROXIES = 12;
const SECONDS = 120;
const TOTALS = [["calls", "Calls", ""], ["answered", "Answered", ""], ["failed", "Failed", "bad"], ["refused", "Refused", "warn"], ["failovers", "Failovers", "warn"]];
const view = { proxy: "", route: 0, page: 0, paused: false, drawn: false, drawnAs: "", events: null, sums: new Map() };
const seconds = Array.from({ length: SECONDS }, () => ({ calls: 0, failures: 0 }));
let before = null;

const tell = (news) => say(find("news"), news);

// Coming in and going out

async function start() {
  const session = await fetch("/page/session").then((answer) => answer.json()).catch(() => null);
  if (session?.is_open) return open();
  find("house").hidden = true;
  find("door").hidden = false;
  find("token").focus();
  say(find("sign-in-problem"), session ? "" : "The platform does not answer: is it still running?");
}

function open() {
  find("door").hidden = true;
  find("house").hidden = false;
  listen();
}

function listen() {
  view.events?.close();
  const events = (view.events = new EventSource("/page/events"));
  events.onopen = () => connection("good", "Live");
  events.onmessage = (event) => {
    notice(take(JSON.parse(event.data)));
    draw();
  };
  events.onerror = () => {
    connection("warn", "No answer, trying again");
    // Closed for good: the session has ended, as it does when the platform is started anew.
    if (events.readyState === EventSource.CLOSED) start();
  };
}

function connection(kind, word) {
  const pill = find("connection");
  if (pill.textContent !== word) pill.replaceChildren(...state(kind, word));
}

find("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = await send("POST", "/page/session", { token: find("token").value });
  say(find("sign-in-problem"), problem);
  if (problem) return find("token").select();
  find("token").value = "";
  open();
});
find("sign-out").addEventListener("click", async () => {
  view.events?.close();
  await send("DELETE", "/page/session");
  location.reload();
});
find("pause").addEventListener("click", () => {
  view.paused = !view.paused;
  find("pause").setAttribute("aria-pressed", String(view.paused));
  say(find("pause"), view.paused ? "Paused" : "Pause");
  draw();
});
document.addEventListener("visibilitychange", () => {
  if (find("house").hidden) return;
  if (document.hidden) view.events?.close();
  else listen();
});

/** Read aloud what has become of services and proxies, and not each call. */
function notice(changes) {
  const news = changes
    .filter(({ kind, item, known }) => (kind === "service" || kind === "proxy") && known?.status !== item.status)
    .map(({ name, item }) => `${name} is ${item.status}`);
  const troubles = changes.filter(({ kind }) => kind === "trouble").map(({ name, item }) => `${name === "*" ? "All simulated services" : name}: ${troubleSaid(item)}`);
  const all = [...troubles, ...news];
  if (all.length) tell(all.length > 3 ? `${all.length} changes` : all.join(". "));
}

// Drawing

function draw() {
  if (view.drawn) return;
  view.drawn = true;
  requestAnimationFrame(() => {
    view.drawn = false;
    if (view.paused) return;
    view.sums = byPlace();
    drawTotals();
    drawProxies();
    drawPicture();
    services([...all("service")]);
    requests(calls.map((call) => [call.number, call]));
    credentials([...all("credential")]);
    showFaults();
    showSwitches(tell);
    const everybody = one("trouble", "*");
    find("trouble-for-all").hidden = !everybody;
    if (everybody) say(find("trouble-for-all"), `All simulated services without a trouble of their own: ${troubleSaid(everybody)}.`);
    showTrouble(forAll, everybody);
  });
}

function drawTotals() {
  const sum = totals();
  const list = find("totals");
  if (!list.children.length) {
    list.append(...TOTALS.map(([name, title, kind]) => element("div", { class: kind, id: `total-${name}` }, element("dt", {}, title), element("dd", {}, element("span"), element("span", { class: "note" })))));
  }
  for (const [name] of TOTALS) {
    const [number, note] = find(`total-${name}`).querySelectorAll("dd span");
    say(number, counted(sum[name]));
    say(note, name !== "calls" && sum.calls && sum[name] ? percent(sum[name] / sum.calls) : "");
    find(`total-${name}`).classList.toggle("some", sum[name] > 0);
  }
}

setInterval(() => {
  const sum = totals();
  const now = { calls: sum.calls, failures: sum.failed };
  // What was there when the page was opened came at times that nobody knows here.
  if (before && view.events?.readyState === EventSource.OPEN) {
    seconds.push({ calls: Math.max(0, now.calls - before.calls), failures: Math.max(0, now.failures - before.failures) });
    seconds.shift();
  }
  before = view.events?.readyState === EventSource.OPEN ? now : null;
  if (view.paused || document.hidden) return;
  rates(find("rates"), seconds);
  say(find("rate"), `now ${counted(seconds.at(-1).calls)}`);
}, 1000);

const turnProxies = pager(find("proxy-pages"), (page) => {
  view.page = page;
  draw();
});
find("proxy-search").addEventListener("input", () => {
  view.page = 0;
  draw();
});
const buttons = new Map();

function drawProxies() {
  const wanted = find("proxy-search").value.trim().toLowerCase();
  const names = [...all("proxy").keys()];
  const some = names.filter((name) => name.toLowerCase().includes(wanted));
  view.page = Math.min(view.page, Math.max(0, Math.ceil(some.length / PROXIES) - 1));
  if (!all("proxy").has(view.proxy)) [view.proxy, view.route] = [names[0] ?? "", 0];
  say(find("proxy-count"), names.length ? counted(names.length) : "");
  const shown = some.slice(view.page * PROXIES, (view.page + 1) * PROXIES);
  for (const name of buttons.keys()) if (!shown.includes(name)) buttons.delete(name);
  keep(find("proxies"), shown.map(proxyButton));
  turnProxies(view.page, some.length, PROXIES);
}

function proxyButton(name) {
  const { kind, word, why } = standing(one("proxy", name));
  const counts = one("count", name);
  const sum = counts ? counts.answered + counts.failed + counts.refused + counts.abandoned : 0;
  const line = buttons.get(name) ?? element("li", {}, element("button", { type: "button" }, element("span", { class: "state" }, element("span", { class: "dot" })), element("span", { class: "name", title: name }, name), element("span", { class: "calls" }), element("span", { class: "why" })));
  if (!buttons.has(name)) {
    line.firstChild.addEventListener("click", () => {
      [view.proxy, view.route] = [name, 0];
      draw();
    });
    buttons.set(name, line);
  }
  const [dot, , number, reason] = line.firstChild.children;
  dot.className = `state ${kind}`;
  say(number, sum ? counted(sum) : "");
  say(reason, kind === "good" ? "" : [word, why].filter(Boolean).join(": "));
  line.firstChild.setAttribute("aria-pressed", String(name === view.proxy));
  return line;
}

function drawPicture() {
  const place = find("picture");
  const proxy = one("proxy", view.proxy);
  if (!proxy) {
    view.drawnAs = "";
    place.replaceChildren(element("p", { class: "empty" }, "There is no model proxy yet. make up deploys one, and it shows here."));
    return;
  }
  view.route = Math.min(view.route, Math.max(0, proxy.routes.length - 1));
  const route = proxy.routes[view.route];
  const width = Math.max(place.clientWidth - 44, 300);
  // What the picture shows, so that it stays as it is while nothing of that changes.
  const places = (route?.order ?? []).flat().map((target) => [target, health(target.place)]);
  const shows = JSON.stringify([view.proxy, view.route, width, proxy, one("count", view.proxy), places, one("platform", "address")]);
  if (shows === view.drawnAs) return;
  view.drawnAs = shows;
  const { kind, word, why } = standing(proxy);
  const head = element("div", { class: "picture-head" }, element("h3", {}, view.proxy), element("span", {}, ...state(kind, word, why)));
  if (proxy.routes.length > 1) head.append(routeSelect(proxy));
  const figure = route
    ? [element("div", { class: "drawing", tabindex: "0", role: "group", "aria-label": "Routing, drawn" }, drawing(view.proxy, route, width)), element("p", { class: "sentence" }, said(route)), element("p", { class: "sentence" }, "The bar is the share of the answers so far, its mark the declared one.")]
    : [element("p", { class: "empty" }, "It routes no model: none of its endpoints has one.")];
  const isFocused = place.querySelector("select") === document.activeElement && document.activeElement !== null;
  place.replaceChildren(head, ...figure, facts(view.proxy, proxy, one("platform", "address")));
  if (isFocused) place.querySelector("select")?.focus();
}

function routeSelect(proxy) {
  const short = (models) => (models.length > 2 ? `${models[0]} and ${models.length - 1} more` : models.join(", "));
  const select = element("select", {}, ...proxy.routes.map((route, index) => element("option", { value: index, selected: index === view.route }, short(route.models))));
  select.addEventListener("change", () => {
    view.route = Number(select.value);
    draw();
  });
  return element("label", {}, "for model", select);
}
new ResizeObserver(draw).observe(find("picture"));

// The tables

const isTroubled = (item, name) => health(name).kind !== "good";
const sumOf = (name) => view.sums.get(name) ?? { answered: 0, failed: 0 };

function showHealth(cell, kind, word, why) {
  const shows = [kind, word, why].join("\n");
  if (cell.dataset.shows === shows) return;
  cell.dataset.shows = shows;
  cell.replaceChildren(...state(kind, word, why));
}

function fillTrouble(cell, item, name) {
  if (!item.is_simulated) return cell.replaceChildren("real models");
  const select = cell.querySelector("select") ?? troubleSelect(name, tell);
  if (!select.parentNode) cell.replaceChildren(select);
  showTrouble(select, one("trouble", name));
}

function named(cell, name, more) {
  if (!cell.children.length) cell.append(element("span", { class: "name" }), element("span", { class: "why" }));
  say(cell.children[0], name);
  say(cell.children[1], more);
}

const services = table(find("services"), "services", [
  { title: "Service", order: (item, name) => name, fill: (cell, item, name) => named(cell, name, item.address) },
  { title: "Status", order: (item, name) => `${health(name).kind} ${item.status}`, fill: (cell, item, name) => { const { kind, word, why, trouble } = health(name); showHealth(cell, kind, word, [trouble, why].filter(Boolean).join("; ")); } },
  { title: "Provider", order: (item) => item.provider, fill: text((item) => item.provider) },
  { title: "Models", fill: text((item) => (item.models.length > 3 ? `${item.models.slice(0, 3).join(", ")} and ${item.models.length - 3} more` : item.models.join(", "))) },
  { title: "Key", fill: text((item) => (item.credential ? `credential ${item.credential}` : item.has_key ? "its own" : "none")) },
  { title: "Answered", number: true, order: (item, name) => sumOf(name).answered, fill: text((item, name) => counted(sumOf(name).answered)) },
  { title: "Failed", number: true, order: (item, name) => sumOf(name).failed, fill: text((item, name) => counted(sumOf(name).failed)) },
  { title: "What it does", fill: fillTrouble },
], {
  size: 25, search: "Search services", empty: "There is no model service yet.",
  words: (item, name) => [name, item.status, item.provider, item.credential, ...item.models].join(" "),
  filters: { all: () => true, "in trouble": isTroubled, "not ready": (item) => item.status !== "READY", "that have failed": (item, name) => sumOf(name).failed > 0 },
});
const forAll = troubleSelect("*", tell);
find("services").querySelector(".tools").append(element("label", { class: "soft" }, "all the others ", forAll));

const ENDS = { answered: "good", failed: "bad", refused: "warn", abandoned: "warn" };
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function way(call) {
  const steps = [];
  for (const { place, reason } of call.tried.filter(({ is_good }) => !is_good)) {
    const step = `${place} (${reason})`;
    if (steps.at(-1)?.step === step) steps.at(-1).times += 1;
    else steps.push({ step, times: 1 });
  }
  const failed = steps.map(({ step, times }) => (times > 1 ? `${times} × ${step}` : step));
  const last = call.service ? [call.service] : call.end === "answered" ? ["a kept answer"] : [];
  return [...failed, ...last].join(" → ");
}

const requests = table(find("requests"), "requests", [
  { title: "When", class: "nowrap", fill: text((call) => clock.format(call.at)) },
  { title: "Proxy", fill: (cell, call) => named(cell, call.proxy, call.operation === "embeddings" ? "embeddings" : "") },
  { title: "Model", class: "named", fill: text((call) => call.model) },
  { title: "Outcome", fill: (cell, call) => showHealth(cell, call.is_failover ? "warn" : ENDS[call.end], call.is_failover ? "failover" : call.end, call.end === "answered" ? "" : `${call.status} ${call.code}`) },
  { title: "Way", fill: text(way) },
  { title: "Tokens", number: true, fill: text((call) => (call.tokens ? counted(call.tokens) : "")) },
  { title: "ms", number: true, fill: text((call) => call.milliseconds.toFixed(1)) },
], {
  size: 15, search: "Search requests", empty: "No call has come yet. The README says how to make one.",
  words: (call) => [call.proxy, call.model, call.end, call.code, way(call)].join(" "),
  filters: { all: () => true, failovers: (call) => call.is_failover, "that failed": (call) => call.end === "failed", "that were refused": (call) => call.end === "refused" },
});

const credentials = table(find("credentials"), "credentials", [
  { title: "Credential", order: (item, name) => name, fill: (cell, item, name) => named(cell, name, "") },
  { title: "State", fill: (cell, item) => showHealth(cell, item.is_enabled ? "good" : "warn", item.is_enabled ? "enabled" : "disabled", "") },
  { title: "Type", order: (item) => item.type, fill: text((item) => item.type) },
  { title: "Source", fill: text((item) => item.source) },
  { title: "Used by", order: (item) => item.users.length, fill: text((item) => (item.users.length > 3 ? `${item.users.slice(0, 3).map(([, name]) => name).join(", ")} and ${counted(item.users.length - 3)} more` : item.users.map(([, name]) => name).join(", ") || "nobody")) },
], { size: 10, search: "Search credentials", empty: "There is no credential.", words: (item, name) => [name, item.type, item.source].join(" ") });

faultForm(tell);
start();
