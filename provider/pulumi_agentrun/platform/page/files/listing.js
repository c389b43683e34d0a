// A table of many things: searched, filtered, sorted, a page of rows at a time, and rows that stay while they change.

import { counted, element, keep, say } from "./dom.js";

/**
 * Put a table into a section. Columns are `{title, fill(cell, item, name), order?(item, name), number?}`; options are
 * `{size, words(item, name), search, filters, empty, sorted}`. Return a function that shows `[name, item]` pairs.
 */
export function table(section, label, columns, options) {
  const view = { page: 0, column: options.sorted ?? -1, falls: false, entries: [] };
  const known = new Map();
  const search = element("input", { type: "search", placeholder: options.search, "aria-label": options.search, autocomplete: "off" });
  const filter = element("select", { "aria-label": `Which ${label}` });
  filter.append(...Object.keys(options.filters ?? {}).map((name) => element("option", {}, name)));
  const found = element("span", { class: "found" });
  const body = element("tbody");
  const heads = columns.map((column, index) => head(column, index));
  const empty = element("p", { class: "empty" }, options.empty);
  const pages = element("div", { class: "pages" });
  const whole = element("div", { class: "wide-table" }, element("table", {}, element("caption", { class: "hidden" }, label), element("thead", {}, element("tr", {}, ...heads)), body));
  section.append(element("div", { class: "card" }, element("div", { class: "tools" }, search, ...(options.filters ? [filter] : []), found), whole, empty, pages));
  const paging = pager(pages, (page) => { view.page = page; draw(); });
  for (const control of [search, filter]) control.addEventListener("input", () => { view.page = 0; draw(); });

  function head(column, index) {
    const made = element("th", { scope: "col", class: column.number ? "number" : undefined });
    if (!column.order) made.append(column.title);
    else {
      const button = element("button", { type: "button" }, column.title);
      button.addEventListener("click", () => {
        view.falls = view.column === index ? !view.falls : Boolean(column.number);
        view.column = index;
        view.page = 0;
        draw();
      });
      made.append(button);
    }
    return made;
  }

  function chosen() {
    const wanted = search.value.trim().toLowerCase();
    const passes = options.filters?.[filter.value] ?? (() => true);
    const some = view.entries.filter(([name, item]) => passes(item, name) && (!wanted || options.words(item, name).toLowerCase().includes(wanted)));
    const order = columns[view.column]?.order;
    if (!order) return some;
    const sign = view.falls ? -1 : 1;
    return some
      .map((entry) => [order(entry[1], entry[0]), entry])
      .sort(([one], [other]) => sign * (typeof one === "number" ? one - other : String(one).localeCompare(String(other))))
      .map(([, entry]) => entry);
  }

  function row(name, item) {
    const made = known.get(name) ?? element("tr", {}, ...columns.map((column) => element("td", { class: column.number ? "number" : column.class })));
    known.set(name, made);
    columns.forEach((column, index) => column.fill(made.children[index], item, name));
    return made;
  }

  function draw() {
    const some = chosen();
    view.page = Math.min(view.page, Math.max(0, Math.ceil(some.length / options.size) - 1));
    const shown = some.slice(view.page * options.size, (view.page + 1) * options.size);
    const names = new Set(shown.map(([name]) => name));
    for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    keep(body, shown.map(([name, item]) => row(name, item)));
    heads.forEach((made, index) => {
      if (index === view.column) made.setAttribute("aria-sort", view.falls ? "descending" : "ascending");
      else made.removeAttribute("aria-sort");
    });
    whole.hidden = !shown.length;
    empty.hidden = Boolean(shown.length);
    say(empty, view.entries.length ? "Nothing here matches." : options.empty);
    say(found, some.length === view.entries.length ? counted(some.length) : `${counted(some.length)} of ${counted(view.entries.length)}`);
    paging(view.page, some.length, options.size);
  }

  return (entries) => {
    view.entries = entries;
    draw();
  };
}

/** Put buttons that turn pages into a place; return a function that says on which page of how many things one is. */
export function pager(place, turn) {
  let page = 0;
  const back = element("button", { type: "button" }, "Back");
  const on = element("button", { type: "button" }, "Next");
  const where = element("span");
  back.addEventListener("click", () => turn(page - 1));
  on.addEventListener("click", () => turn(page + 1));
  return (now, total, size) => {
    page = now;
    keep(place, total > size ? [where, back, on] : []);
    say(where, `${counted(page * size + 1)}–${counted(Math.min(total, (page + 1) * size))} of ${counted(total)}`);
    back.disabled = page === 0;
    on.disabled = (page + 1) * size >= total;
  };
}

/** Return how a cell shows a text: the text is put there only if it is another one. */
export const text = (value) => (cell, item, name) => say(cell, value(item, name));
