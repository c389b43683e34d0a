// Draws who routes to whom: a proxy, the services that share its calls, and the fallbacks in their order.

import { counted, element, percent, say, shape } from "./dom.js";
import { health, ofRoute } from "./store.js";

const BOX = { proxy: 206, service: [228, 310], least: 54, height: 84, gap: 18, top: 34, lead: 92, place: 50 };
const ruler = document.createElement("canvas").getContext("2d");
const FONTS = { name: "600 14px", small: "12px" };

/** Draw a route of a proxy, `order` being its groups, in at least some pixels. */
export function drawing(name, route, width) {
  const [own, ...fallbacks] = route.order;
  const falls = fallbacks.flat();
  const columns = falls.length ? 2 : 1;
  const [least, most] = BOX.service;
  const room = (width - BOX.proxy) / columns - BOX.least;
  const service = Math.min(most, Math.max(least, room * 0.94));
  const wide = Math.max(width, BOX.proxy + columns * (service + BOX.least));
  const gap = Math.min((wide - BOX.proxy - columns * service) / columns, 220);
  const tall = BOX.top + Math.max(own.length, falls.length, 1) * (BOX.height + BOX.gap);
  const middle = BOX.top + (tall - BOX.top - BOX.gap) / 2;
  const svg = shape("svg", { width: wide, height: tall, viewBox: `0 0 ${wide} ${tall}`, role: "img", "aria-label": said(route) });
  const ownAt = BOX.proxy + gap;
  const fallAt = ownAt + service + gap;
  const top = (index, many) => middle - (many * (BOX.height + BOX.gap) - BOX.gap) / 2 + index * (BOX.height + BOX.gap);
  const center = (index, many) => top(index, many) + BOX.height / 2;
  const counts = ofRoute(name, route.models);
  const total = [...counts.values()].reduce((sum, { answered }) => sum + answered, 0);
  const used = falls.some(({ place }) => counts.get(place)?.answered);

  svg.append(title(0, "Calls of"), title(ownAt, "are shared by"));
  if (falls.length) svg.append(title(fallAt, falls.length > 1 ? "then, where those fail, in order" : "then, where those fail"));
  own.forEach((target, index) => svg.append(link(BOX.proxy, middle, ownAt, center(index, own.length), target)));
  if (falls.length) own.forEach((_, index) => svg.append(fall(ownAt + service, center(index, own.length), fallAt, center(0, falls.length), used)));
  if (falls.length && own.length) svg.append(shape("path", { class: `head ${used ? "used" : ""}`, d: `M${fallAt - 1} ${center(0, falls.length)} l-10 -5 v10 z` }));
  for (let index = 1; index < falls.length; index++) svg.append(...next(fallAt + service / 2, top(index, falls.length)));
  svg.append(proxyBox(name, total, middle));
  own.forEach((target, index) => svg.append(box(ownAt, top(index, own.length), service, target, counts, total, percent(target.share), target.share)));
  falls.forEach((target, index) => svg.append(box(fallAt, top(index, falls.length), service, target, counts, total, falls.length > 1 ? `${index + 1}.` : "")));
  return svg;
}

/** Return in a sentence where the calls of a route go. */
export function said(route) {
  const [own, ...fallbacks] = route.order;
  const models = route.models.length > 3 ? `${route.models.slice(0, 3).join(", ")} and ${route.models.length - 3} more` : route.models.join(", ");
  const shares = own.map((target) => `${target.place} (${percent(target.share)})`).join(", ");
  const falls = fallbacks.flat().map((target) => target.place).join(", then ");
  const from = `A call for ${models} goes to ${shares || "nobody: no endpoint has that model"}.`;
  return `${from} ${falls ? `Where that fails, also after retries, it goes on to ${falls}.` : "There is no fallback."}`;
}

const title = (x, text) => shape("text", { class: "title", x, y: 14 }, text);

function link(x, y, toX, toY, target) {
  const kind = target.is_service ? health(target.place).kind : "good";
  const bend = (toX - x) / 2;
  const none = target.share === 0;
  return shape("path", {
    class: `link ${none ? "none" : ""} ${kind === "bad" ? "bad" : ""}`,
    "stroke-width": none ? 2 : 2 + 26 * target.share,
    d: `M${x - 4} ${y} C${x + bend} ${y} ${toX - bend} ${toY} ${toX + 4} ${toY}`,
  });
}

function fall(x, y, toX, toY, used) {
  const bend = (toX - x) / 2;
  return shape("path", { class: `fall ${used ? "used" : ""}`, d: `M${x} ${y} C${x + bend} ${y} ${toX - bend} ${toY} ${toX - 9} ${toY}` });
}

function next(x, y) {
  return [
    shape("path", { class: "fall", d: `M${x} ${y - BOX.gap} V${y - 7}` }),
    shape("path", { class: "head", d: `M${x} ${y - 1} l-5 -8 h10 z` }),
  ];
}

function proxyBox(name, total, middle) {
  return shape("g", {}, tip(name),
    shape("rect", { class: "box proxy", x: 0, y: middle - 36, width: BOX.proxy, height: 72, rx: 10 }),
    line("name on-main", 14, middle - 5, name, BOX.proxy - 24),
    line("small on-main", 14, middle + 17, total ? `${counted(total)} answered` : "nothing answered yet", BOX.proxy - 24));
}

/** Draw who answers: what leads is the declared share, or which fallback it is; `declared` is that share. */
function box(x, y, width, target, counts, total, lead, declared = null) {
  const { place, models } = target;
  const how = target.is_service ? health(place) : { kind: "good", word: "an address of its own" };
  const { answered, failed } = counts.get(place) ?? { answered: 0, failed: 0 };
  const inset = declared !== null ? BOX.lead : lead ? BOX.place : 14;
  const room = width - inset - 10;
  const stands = how.trouble ?? (how.kind === "good" && models.length ? models.join(", ") : how.word);
  const numbers = `${counted(answered)} answered${failed ? `, ${counted(failed)} failed` : ""}`;
  const made = shape("g", {},
    tip([place, how.word, how.why, how.trouble, models.join(", ")].filter(Boolean).join("\n")),
    shape("rect", { class: `box ${how.kind}`, x, y, width, height: BOX.height, rx: 10 }),
    line("name", x + inset, y + 26, place, room),
    line(`small ${how.kind === "good" ? "" : how.kind}`, x + inset, y + 45, stands, room),
    line("small", x + inset, y + 65, numbers, room));
  if (lead) made.append(shape("text", { class: "share", x: x + 14, y: y + 31 }, lead));
  if (total) made.append(...observed(x + 8, y + BOX.height - 6, width - 16, answered / total, declared));
  if (total && declared !== null) made.append(shape("text", { class: "small", x: x + 14, y: y + 65 }, `is ${percent(answered / total)}`));
  return made;
}

/** Return a bar of the share that was answered so far, with a mark where the declared one is. */
function observed(x, y, width, share, declared) {
  const bar = [
    shape("rect", { class: "track", x, y, width, height: 3, rx: 1.5 }),
    shape("rect", { class: "fill", x, y, width: width * share, height: 3, rx: 1.5 }),
  ];
  return declared === null ? bar : [...bar, shape("rect", { class: "mark", x: x - 1 + width * declared, y: y - 2, width: 2, height: 7 })];
}

const tip = (text) => shape("title", {}, text);

/** Return a text that is cut where it would be wider than its room. */
function line(kind, x, y, text, room) {
  ruler.font = `${FONTS[kind.split(" ")[0]]} ${getComputedStyle(document.body).fontFamily}`;
  let shown = text.slice(0, 100);
  for (let most = shown.length - 1; most > 0 && ruler.measureText(shown).width > room; most--) shown = `${[...text].slice(0, most).join("")}…`;
  return shape("text", { class: kind, x, y }, shown);
}

/** Draw the calls of each second as columns, the failed ones in front. */
export function rates(svg, seconds) {
  const [wide, tall] = [240, 48];
  const most = Math.max(4, ...seconds.map(({ calls }) => calls));
  const step = wide / seconds.length;
  svg.setAttribute("viewBox", `0 0 ${wide} ${tall}`);
  svg.setAttribute("preserveAspectRatio", "none");
  const column = (kind, index, number) => {
    const height = (number / most) * (tall - 2);
    return shape("rect", { class: kind, x: index * step, y: tall - 1 - height, width: step * 0.86, height });
  };
  const columns = seconds.flatMap(({ calls, failures }, index) => [
    ...(calls ? [column("calls", index, calls)] : []),
    ...(failures ? [column("failures", index, failures)] : []),
  ]);
  svg.replaceChildren(shape("line", { x1: 0, x2: wide, y1: tall - 0.5, y2: tall - 0.5 }), ...columns);
}

/** Return the facts of a proxy as a list of terms. */
export function facts(name, proxy, address) {
  const list = element("dl", { class: "facts" });
  const fact = (term, what, wide = false) => list.append(element("div", { class: wide ? "wide" : undefined }, element("dt", {}, term), element("dd", {}, what)));
  const how = (number, word) => `${counted(number)} ${word}${number === 1 ? "" : "s"}`;
  const code = element("code");
  say(code, `${address}/models/${encodeURIComponent(name)}/v1`);
  fact("Clients call it at", code, true);
  fact("Who may call", proxy.credential ? `who has credential ${proxy.credential}` : "who has the platform's token");
  fact("Attempts", proxy.retries ? `1, and ${how(proxy.retries, "retry").replace("retrys", "retries")} per step` : "1 per step");
  fact("An attempt may take", how(proxy.timeout, "second"));
  fact("Calls at once", proxy.calls ? `at most ${counted(proxy.calls)}` : "no limit");
  const spans = { tps: "a second", tpm: "a minute", tph: "an hour", tpd: "a day" };
  const tokens = Object.entries(proxy.tokens).map(([span, most]) => `${counted(most)} ${spans[span]}`);
  fact("Tokens", tokens.join(", ") || "no limit");
  fact("Equal calls", proxy.is_cached ? "get a kept answer" : "are made again");
  return list;
}
