// What the answers look like.  Each function fills an element from an answer; none of them asks for anything.
import { element, formula, note, sentence } from "./formulas.js";

const SIGNS = { proved: "\u2713", refuted: "\u2717", undecided: "?", unreadable: "!" };

export const sized = (text) => text.replaceAll(" x ", " \u00d7 ");

export function badge(verdict) {
  return element("span", { className: `badge ${verdict}` }, `${SIGNS[verdict] ?? ""} ${verdict}`);
}

function folded(summary, ...content) {
  return element("details", {}, element("summary", {}, summary), ...content);
}

function framed(markup, label) {
  return element("div", { className: "formula", tabIndex: 0, role: "group", "aria-label": label }, formula(markup));
}

// An error under the line it belongs to, with a mark under the place, as a compiler shows it.
export function showError(box, field, error, choose) {
  box.replaceChildren();
  box.hidden = !error;
  field.setAttribute("aria-invalid", error ? "true" : "false");
  if (!error) return;
  if (error.line) {
    const go = element("button", { type: "button", className: "go" }, `Line ${error.line}`);
    go.addEventListener("click", () => {
      field.focus();
      field.setSelectionRange(error.position, Math.min(error.position + 1, field.value.length));
    });
    const mark = `${" ".repeat(error.column - 1)}^`;
    const place = element("pre", { className: "place", tabIndex: 0 }, `${error.given || " "}\n`);
    place.append(element("span", { ariaHidden: "true" }, mark));
    box.append(go, place);
  }
  box.append(element("p", { className: "message" }, error.message));
  if (error.choices) {
    const buttons = error.choices.map((choice) => {
      const button = element("button", { type: "button" }, sized(choice));
      button.addEventListener("click", () => choose(choice));
      return button;
    });
    box.append(element("div", { className: "tools" }, ...buttons));
  }
}

export function showRecurrence(answer) {
  const at = (id) => document.getElementById(id);
  at("read").replaceChildren(formula(answer.math));
  at("notes").replaceChildren(...answer.notes.map((note) => element("li", {}, note)));
  const rows = answer.symbols.map(({ math, name, role, size }) => {
    const head = element("td", { title: name }, formula(math));
    return element("tr", {}, head, element("td", {}, role), element("td", {}, sized(size)));
  });
  at("symbols").tBodies[0].replaceChildren(...rows);
}

// A section that is filled again and again; what its controls do comes from outside.
export function makeSection(section, actions) {
  const id = (part) => `${section.key}-${part}`;
  const choose = element("select", { id: id("choose") });
  const which = () => element("span", { className: "quiet" }, ` ${section.title}`); // so that no two controls have one name
  const form = element("select", { id: id("form"), className: "form" }, element("option", { value: "latex" }, "LaTeX"));
  const copy = element("button", { type: "button", id: id("copy"), "aria-label": `Copy ${section.title}` }, "Copy");
  const prove = element("button", { type: "button", id: id("prove"), "aria-label": `Prove ${section.title}` }, "Prove");
  const made = element(
    "article",
    { id: id("section") },
    element("header", {}, element("h3", {}, section.title), element("label", { htmlFor: id("choose"), className: "quiet" }, `${section.title}: which`), choose, element("span", { className: "note what" })),
    element("div", { className: "body" }),
    element("div", { className: "tools" }, element("label", { htmlFor: id("form") }, "Copy as", which()), form, copy, prove),
    element("div", { className: "copied" }),
    element("div", { className: "certificate", "aria-live": "polite" }),
  );
  choose.addEventListener("change", () => actions.choose(section.key, choose.value));
  copy.addEventListener("click", () => actions.copy(section.key, form.value, copy));
  prove.addEventListener("click", () => actions.prove([section.key]));
  return made;
}

// ``about`` is the recurrence: what was proved or copied of another one goes.
export function fillSection(made, section, actions, about) {
  const choose = made.querySelector("select");
  const names = section.names.map((name) => element("option", { value: name }, name));
  choose.replaceChildren(...names);
  choose.value = section.shown;
  made.hidden = section.names.length === 0;
  made.dataset.object = section.missing ? "" : section.shown;
  const body = made.querySelector(".body");
  const now = JSON.stringify([about, section.math ?? section.missing]);
  if (made.dataset.about !== now) made.querySelectorAll(".certificate, .copied").forEach((part) => part.replaceChildren());
  made.dataset.about = now;
  for (const button of made.querySelectorAll("button")) button.disabled = Boolean(section.missing);
  made.querySelector(".what").textContent = section.missing ? "" : `${section.what}; ${sized(section.shape)}`;
  if (section.missing) {
    body.replaceChildren(note(section.missing));
    return;
  }
  const parts = [framed(section.math, `${section.title}: ${section.shown}`)];
  if (section.terms.length) parts.push(terms(section, actions));
  if (section.partial) parts.push(note("Terms are switched off: this is a part of the derivative."));
  if (section.remark) parts.push(note(sentence(section.remark)));
  if (section.where.length) parts.push(folded("Where", ...section.where.map((math) => framed(math, "definition"))));
  if (section.further.length) parts.push(folded("Further equations", ...section.further.flatMap(({ label, math }) => [note(label), framed(math, label)])));
  if (section.assuming.length) parts.push(note(`Assuming that ${section.assuming.join(", and that ")}.`));
  body.replaceChildren(...parts);
}

function terms(section, actions) {
  const boxes = section.terms.map((term) => {
    const box = element("input", { type: "checkbox", checked: term.on, id: `${section.key}-term-${term.name}` });
    box.addEventListener("change", () => actions.toggle(term.name, box.checked));
    return element("label", { className: term.class }, box, element("span", { className: "swatch", ariaHidden: "true" }), term.name);
  });
  return element("fieldset", { className: "terms" }, element("legend", {}, "Terms"), ...boxes);
}

export function certificate(answer) {
  const rows = answer.evidence.map((item) => element("li", {}, `${item.route}: ${item.detail}`));
  const ledger = answer.ledger.map((line) => element("li", {}, `${line.settled}: `, element("code", {}, line.statement)));
  return [
    element("p", {}, badge(answer.verdict), " ", answer.statement),
    ...counterexample(answer.witness, "h4"),
    folded("Certificate", element("ul", {}, ...rows), element("ul", {}, ...ledger), note(`digest ${answer.digest}`)),
  ];
}

function counterexample(lines, heading) {
  return lines.length ? [element(heading, {}, "Counterexample"), element("pre", { tabIndex: 0 }, lines.join("\n"))] : [];
}

function told(title, shown) {
  if (!shown) return [];
  const math = shown.math ? framed(shown.math, title) : element("pre", { tabIndex: 0 }, shown.text);
  return [element("h3", {}, title), math];
}

export function verdict(answer) {
  const slips = answer.slips.map((words) => element("li", {}, `It looks as if ${words}.`));
  const proposals = answer.proposals.map((words) => element("li", {}, `It is ${words}.`));
  const notes = answer.notes.map((words) => element("li", {}, words));
  return [
    element("p", {}, badge(answer.verdict), " ", element("span", { className: "object" }, answer.object), ": ", answer.statement),
    element("ul", { className: "slips" }, ...slips, ...proposals),
    ...told("Read as", answer.reading),
    element("ul", { className: "notes" }, ...notes),
    ...(answer.verdict === "proved" ? [] : told("It should be", answer.truth)),
    ...told("Claim minus truth", answer.difference),
    ...counterexample(answer.witness, "h3"),
    folded("Evidence", element("ul", {}, ...answer.evidence.map((item) => element("li", {}, `${item.route}: ${item.detail}`)))),
  ];
}
