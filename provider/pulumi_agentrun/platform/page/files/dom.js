// Makes and changes elements. Everything that people have named gets onto the page as text, in here and nowhere else.

const SVG = "http://www.w3.org/2000/svg";
const numbers = new Intl.NumberFormat("en");
const percents = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

export const find = (id) => document.getElementById(id);
export const counted = (number) => numbers.format(number);
export const percent = (share) => percents.format(share);

/** Return an element with attributes, and children that are elements or texts. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Return an element of a drawing. */
export function shape(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Give an element a text, unless it has it: so that nothing is read aloud or selected anew for nothing. */
export function say(target, text) {
  if (target.textContent !== String(text)) target.textContent = text;
}

/** Let an element have these children, keeping those that are there. */
export function keep(parent, children) {
  children.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

/** Return a word beside a dot: `good`, `warn`, `bad` or nothing of that. */
export function state(kind, word, why = "") {
  const said = element("span", { class: `state ${kind}` }, element("span", { class: "dot" }), element("b", {}, word));
  return why ? [said, element("span", { class: "why" }, why)] : [said];
}
