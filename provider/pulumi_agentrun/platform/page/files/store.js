// What is known: items by kind and name, and the last calls. Maps, for names may be any word, `__proto__` too.

const MOST_CALLS = 200;
const kinds = new Map();
export const calls = [];

/** Return the items of a kind by name. */
export const all = (kind) => kinds.get(kind) ?? kinds.set(kind, new Map()).get(kind);
export const one = (kind, name) => all(kind).get(name);

/** Take in what the platform says has changed; return the items that were put, by kind and name. */
export function take(change) {
  if (change.is_all) {
    kinds.clear();
    calls.length = 0;
  }
  const before = change.put.map(([kind, name, item]) => {
    const known = one(kind, name);
    all(kind).set(name, item);
    return { kind, name, item, known };
  });
  for (const [kind, name] of change.gone) all(kind).delete(name);
  calls.unshift(...change.calls.reverse());
  calls.length = Math.min(calls.length, MOST_CALLS);
  return change.is_all ? [] : before;
}

/** Return how many calls ended how, of all proxies. */
export function totals() {
  const sum = { answered: 0, failed: 0, refused: 0, abandoned: 0, failovers: 0 };
  for (const counts of all("count").values()) for (const name of Object.keys(sum)) sum[name] += counts[name];
  return { ...sum, calls: sum.answered + sum.failed + sum.refused + sum.abandoned };
}

/** Return by place how many calls it answered and how many attempts it failed, of all proxies. */
export function byPlace() {
  const found = new Map();
  for (const counts of all("count").values()) {
    for (const [, place, answered, failed] of counts.services) {
      const sum = found.get(place) ?? { answered: 0, failed: 0 };
      found.set(place, { answered: sum.answered + answered, failed: sum.failed + failed });
    }
  }
  return found;
}

/** Return by place how many calls for some models of a proxy it answered and how many attempts it failed. */
export function ofRoute(name, models) {
  const found = new Map();
  const asked = new Set(models);
  for (const [model, place, answered, failed] of one("count", name)?.services ?? []) {
    const sum = found.get(place) ?? { answered: 0, failed: 0 };
    if (asked.has(model)) found.set(place, { answered: sum.answered + answered, failed: sum.failed + failed });
  }
  return found;
}

/** Return the trouble that the simulated models of a service have, or nothing. */
export function troubleOf(name) {
  return one("service", name)?.is_simulated === false ? undefined : (one("trouble", name) ?? one("trouble", "*"));
}

/** Return a trouble in words. */
export function troubleSaid(trouble) {
  const said = [];
  if (trouble.status !== null) {
    const what = trouble.status ? `answers ${trouble.status}` : "no connection";
    said.push(trouble.share < 1 ? `${what} to ${Math.round(trouble.share * 100)} %` : what);
  }
  if (trouble.latency) said.push(`takes ${trouble.latency} s`);
  return said.join(", ") || "works";
}

/** Return how a resource is: a kind of `state`, a word, and why. */
export function standing(item) {
  if (!item) return { kind: "bad", word: "missing", why: "" };
  const { status, reason } = item;
  const kind = status === "READY" ? "good" : status.endsWith("FAILED") ? "bad" : "warn";
  return { kind, word: status, why: reason };
}

/** Return how a service is, trouble of its simulated models included. */
export function health(name) {
  const found = standing(one("service", name));
  const trouble = troubleOf(name);
  if (!one("service", name) || !trouble) return found;
  const fails = trouble.status !== null && trouble.share > 0;
  if (!fails && !trouble.latency) return found;
  const said = { trouble: troubleSaid(trouble), why: [found.word, found.why].filter(Boolean).join(": ") };
  return fails ? { kind: "bad", word: "failing", ...said } : { kind: found.kind === "bad" ? "bad" : "warn", word: "slow", ...said };
}
