// Formulas come as MathML; only elements and attributes of mathematics get into the page.

const SPACE = "http://www.w3.org/1998/Math/MathML";
const ELEMENTS = new Set(
  ("math mrow mi mn mo ms mtext mspace msub msup msubsup munder mover munderover mfrac msqrt mroot mtable mtr mtd " +
    "mstyle mpadded mphantom").split(" "),
);
const ATTRIBUTES = new Set(
  ("display displaystyle class style form fence stretchy symmetric minsize maxsize largeop movablelimits accent " +
    "accentunder lspace rspace width height depth mathvariant scriptlevel linethickness separator").split(" "),
);

function copied(node) {
  if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
  if (node.nodeType !== Node.ELEMENT_NODE || !ELEMENTS.has(node.localName)) return document.createTextNode("");
  const element = document.createElementNS(SPACE, node.localName);
  for (const { name, value } of node.attributes) if (ATTRIBUTES.has(name)) element.setAttribute(name, value);
  element.append(...[...node.childNodes].map(copied));
  return element;
}

export function formula(markup) {
  const parsed = new DOMParser().parseFromString(markup, "text/html").querySelector("math");
  return parsed ? copied(parsed) : document.createTextNode(markup);
}

// A sentence with formulas in it.
export function sentence(markup) {
  const parsed = new DOMParser().parseFromString(markup, "text/html").body;
  const part = document.createDocumentFragment();
  for (const node of parsed.childNodes) part.append(node.localName === "math" ? copied(node) : node.textContent);
  return part;
}

export const note = (...content) => element("p", { className: "note" }, ...content);

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
