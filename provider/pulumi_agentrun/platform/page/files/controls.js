// Sends what the page changes: troubles of simulated models, faults and switches.

import { counted, element, find, keep, say } from "./dom.js";
import { all, troubleSaid } from "./store.js";

const TROUBLES = {
  works: {},
  "no connection": { status: 0 },
  "answers 500": { status: 500 },
  "answers 500 to half": { status: 500, share: 0.5 },
  "busy: answers 429": { status: 429, retry_after: 5 },
  "wrong key: answers 401": { status: 401 },
  "takes 3 s": { latency: 3 },
};
const FAULTS = {
  "answered 500": { status: 500, code: "ERR_INTERNAL_SERVER_ERROR", message: "a fault of the page" },
  "answered 503": { status: 503, code: "ServiceUnavailable", message: "a fault of the page" },
  "throttled (429)": { status: 429, code: "Throttling.User", message: "a fault of the page", retry_after_ms: 1000 },
  "forbidden (403)": { status: 403, code: "NoPermission", message: "a fault of the page" },
  "connection lost before it takes effect": { drop: "before" },
  "connection lost after it took effect": { drop: "after" },
  "answered 5 s late": { delay: 5.0 },
  "creation fails": { outcome: "CREATE_FAILED", reason: "a fault of the page" },
  "update fails": { outcome: "UPDATE_FAILED", reason: "a fault of the page" },
  "deletion fails": { outcome: "DELETE_FAILED", reason: "a fault of the page" },
};
const OPERATIONS = ["*", ...["ModelService", "ModelProxy", "Credential"].flatMap((kind) => ["Create", "Get", "Update", "Delete"].map((verb) => verb + kind)), "ListModelServices", "ListModelProxies", "ListCredentials"];

/** Send something; return what is wrong with it in a sentence, or an empty text. */
export async function send(method, path, body) {
  try {
    const answer = await fetch(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}) });
    return answer.ok ? "" : ((await answer.json().catch(() => ({}))).error ?? `HTTP ${answer.status}`);
  } catch {
    return "The platform does not answer.";
  }
}

/** Return a select of what the models of a service do. */
export function troubleSelect(service, tell) {
  const select = element("select", { "aria-label": service === "*" ? "What all simulated services do" : `What ${service} does` });
  select.append(...Object.keys(TROUBLES).map((name) => element("option", {}, name)));
  select.addEventListener("change", async () => {
    const wanted = TROUBLES[select.value];
    if (wanted) tell(await send("POST", "/page/troubles", { service, ...wanted }) || `${service}: ${select.value}`);
  });
  return select;
}

/** Let a select show a trouble, be it one of its own or another. */
export function showTrouble(select, trouble) {
  const usual = { status: null, share: 1, latency: 0, retry_after: null };
  const is = (known) => Object.entries({ ...usual, ...known }).every(([key, value]) => (trouble ?? usual)[key] === value);
  const own = Object.keys(TROUBLES).find((name) => is(TROUBLES[name]));
  const other = own ? "" : troubleSaid(trouble);
  let extra = select.querySelector("option[data-other]");
  if (other && !extra) select.append((extra = element("option", { "data-other": true })));
  if (!other && extra) extra.remove();
  if (other && extra.textContent !== other) extra.textContent = other;
  const value = own ?? other;
  if (select.value !== value && document.activeElement !== select) select.value = value;
  select.classList.toggle("bad", Boolean(trouble));
}

/** Let the form of faults do what it says. */
export function faultForm(tell) {
  const form = find("fault");
  form.elements.operation.append(...OPERATIONS.map((name) => element("option", { value: name }, name === "*" ? "any" : name)));
  form.elements.kind.append(...Object.keys(FAULTS).map((name) => element("option", {}, name)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { operation, name, kind, times, skip } = form.elements;
    const fault = { operation: operation.value, times: Number(times.value), skip: Number(skip.value), ...FAULTS[kind.value] };
    const problem = await send("POST", "/page/faults", name.value ? { ...fault, name: name.value } : fault);
    say(find("fault-problem"), problem);
    if (!problem) tell("The fault waits for its calls.");
  });
  find("clear-faults").addEventListener("click", async () => {
    const problem = await send("DELETE", "/page/faults");
    say(find("fault-problem"), problem);
    if (!problem) tell("No fault waits.");
  });
}

/** Show the faults that wait. */
export function showFaults() {
  const said = [...all("fault").values()].map(({ operation, name, times, skip, happens }) => {
    const calls = times === 1 ? "The next call" : `Each of the next ${counted(times)} calls`;
    const which = operation === "*" ? "" : ` of ${operation}`;
    return `${calls}${which}${name ? ` for ${name}` : ""}${skip ? `, after ${counted(skip)} that pass,` : ""} ${happens}.`;
  });
  const list = find("waiting");
  if ([...list.children].map((line) => line.textContent).join("\n") !== said.join("\n")) keep(list, said.map((line) => element("li", {}, line)));
  find("clear-faults").disabled = !said.length;
}

/** Show the switches, each with a control that sets it. */
export function showSwitches(tell) {
  const list = find("switch-list");
  for (const [name, item] of all("switch")) {
    const id = `switch-${name}`;
    const made = find(id) ?? addSwitch(list, id, name, item, tell);
    if (document.activeElement !== made) made.value = String(item.value);
    made.closest("div").classList.toggle("changed", item.value !== item.usual);
  }
}

function addSwitch(list, id, name, item, tell) {
  const numbers = { type: "number", min: name === "latency" ? 0 : 1, step: name === "latency" ? "any" : 1 };
  const control = item.choices.length ? element("select", { id }, ...item.choices.map((choice) => element("option", {}, String(choice)))) : element("input", { id, ...numbers });
  // What stands between backticks is code, as in the file that it comes from.
  const words = item.says.split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));
  const says = element("p", { id: `${id}-says` }, ...words);
  control.setAttribute("aria-describedby", says.id);
  control.addEventListener("change", async () => {
    const problem = await send("POST", "/page/switches", { name, value: control.value });
    say(find("switch-problem"), problem);
    if (problem) control.value = String(all("switch").get(name).value);
    else tell(`${name} is ${control.value}`);
  });
  list.append(element("div", {}, element("label", { for: id }, name), control, says));
  return control;
}
