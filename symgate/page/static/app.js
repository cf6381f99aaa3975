// The page: its state, what its controls do, and what is asked of the worker.
import { Desk, Stopped } from "./desk.js";
import { element, note } from "./formulas.js";
import { readLink, writeLink } from "./link.js";
import { certificate, fillSection, makeSection, showError, showRecurrence, verdict } from "./views.js";

const at = (id) => document.getElementById(id);
const FIRST = "multi_gate";
const PAUSE = 250; // milliseconds without a key before an edit is derived

const state = { cell: FIRST, text: "", sizes: "", scheme: "", claim: "", about: "", chosen: {}, off: [] };
let desk, library = new Map(), sections = [], version = 0, running = false, timer = 0, stopped = false, opened = false;

function say(words) {
  at("status").textContent = words;
}

function told({ stage, busy }) {
  if (stage) say(stopped ? `Stopped. ${stage} again` : stage);
  if (busy === undefined) return;
  at("busy").hidden = !busy;
  at("stop").hidden = !busy;
  if (busy && opened) say("Working");
}

const stale = () => document.body.classList.contains("stale");
const ready = () => say(desk.busy ? "Working" : stale() ? "The recurrence is not read" : "Ready");

const recurrence = () => (state.cell ? { cell: state.cell } : { text: state.text, sizes: state.sizes, scheme: state.scheme });
const subject = () => JSON.stringify(recurrence()); // what a certificate is about
const question = () => JSON.stringify([recurrence(), state.claim, state.about]); // what a verdict is about

function letters() {
  const room = at("sections").clientWidth || 640;
  return Math.max(24, Math.min(96, Math.floor(room / 10.5)));
}

// ---- deriving: one request at a time, always of what stands there last

function kept() {
  history.replaceState(null, "", writeLink(state));
  const box = at("verdict");
  if (!box.dataset.about || box.dataset.about === question()) return;
  delete box.dataset.about;
  showError(at("claim-error"), at("claim"), null);
  box.replaceChildren(note("The recurrence or the formula has changed since. Check again."));
}

function edited() {
  version += 1;
  stopped = false;
  kept();
  clearTimeout(timer);
  timer = setTimeout(derive, opened ? PAUSE : 0);
}

async function derive() {
  if (running || !desk) return;
  running = true;
  try {
    for (let seen = -1; seen !== version; ) {
      seen = version;
      const answer = await desk.ask({ ask: "derive", recurrence: recurrence(), chosen: state.chosen, off: state.off, width: letters() });
      if (seen === version) show(answer);
    }
  } catch (error) {
    failed(error);
  } finally {
    running = false;
  }
}

function show(answer) {
  const focused = document.activeElement?.id;
  const where = answer.ok ? null : answer.error.field;
  showError(at("text-error"), at("text"), where && where !== "sizes" ? answer.error : null, chooseSizes);
  showError(at("sizes-error"), at("sizes"), where === "sizes" ? answer.error : null, chooseSizes);
  if (where === "sizes") at("more").open = true;
  document.body.classList.toggle("stale", !answer.ok);
  if (!answer.ok) {
    ready();
    return;
  }
  showRecurrence(answer);
  at("read-section").hidden = false;
  if (state.cell) at("text").value = answer.text;
  at("source").textContent = answer.source;
  at("waiting")?.remove();
  for (const section of answer.sections) {
    let made = at(`${section.key}-section`);
    if (!made) at("sections").append((made = makeSection(section, actions)));
    fillSection(made, section, actions, subject());
  }
  sections = answer.sections;
  about(answer.sections);
  at("prove-shown").disabled = at("judge").disabled = false;
  if (focused && document.activeElement?.id !== focused) at(focused)?.focus();
  ready();
  document.body.dataset.version = String(version);
}

function about(shown) {
  const names = [...new Set(shown.flatMap((section) => section.names))];
  at("about").replaceChildren(element("option", { value: "" }, "as its left side says"), ...names.map((name) => element("option", { value: name }, name)));
  at("about").value = names.includes(state.about) ? state.about : "";
}

function failed(error) {
  if (error instanceof Stopped) {
    stopped = true;
    say("Stopped. Starting Python again");
    desk.ready.then(() => {
      if (stopped) say("Stopped. Change something to go on.");
      if (!library.size) desk.ask({ ask: "cells" }).then(known, () => {}); // the stop came before the library did
    }, failed);
    return;
  }
  at("cannot").hidden = false;
  at("cannot").textContent = `Python cannot go on in this browser: ${error.message}. Reload the page to start again.`;
  say("Failed");
}

// ---- what the controls do

function chooseSizes(choice) {
  state.sizes = [state.sizes.trim(), choice].filter(Boolean).join("; ");
  at("sizes").value = state.sizes;
  at("more").open = true;
  at("text").focus();
  edited();
}

const actions = {
  choose(key, name) {
    state.chosen[key] = name;
    edited();
  },
  toggle(name, on) {
    state.off = state.off.filter((other) => other !== name).concat(on ? [] : [name]);
    edited();
  },
  async copy(key, form, button) {
    const made = at(`${key}-section`);
    await copied(made.dataset.object, form, button, made.querySelector(".copied"));
  },
  async prove(keys) {
    const made = keys.map((key) => at(`${key}-section`)).filter((part) => part && !part.hidden && part.dataset.object);
    const bar = at("progress");
    const about = subject();
    Object.assign(bar, { max: made.length, value: 0, hidden: made.length < 2 });
    try {
      for (const part of made) {
        const object = part.dataset.object;
        part.querySelector(".certificate").replaceChildren(note("Proving"));
        const answer = await desk.ask({ ask: "prove", recurrence: recurrence(), object });
        const fresh = part.dataset.object === object && subject() === about;
        const shown = answer.ok ? certificate(answer) : [element("p", { className: "error" }, answer.error.message)];
        part.querySelector(".certificate").replaceChildren(...(fresh ? shown : []));
        bar.value += 1;
      }
      ready();
    } catch (error) {
      for (const part of made) {
        const box = part.querySelector(".certificate");
        if (box.textContent === "Proving") box.replaceChildren(note("Stopped before there was a verdict."));
      }
      failed(error);
    } finally {
      bar.hidden = true;
    }
  },
};

// What is copied is shown too: the clipboard is out of reach in some browsers, and one may want to look.
async function copied(object, form, button, box) {
  const text = desk.ask({ ask: "copy", recurrence: recurrence(), object, form, off: state.off }).then((answer) => {
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.text;
  });
  const label = button.textContent;
  try {
    let done = true;
    try {
      const blob = text.then((content) => new Blob([content], { type: "text/plain" }));
      blob.catch(() => {});
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    } catch {
      await text; // a refusal of ours is shown as such
      done = await navigator.clipboard?.writeText(await text).then(() => true, () => false) ?? false;
    }
    const listing = element("pre", { tabIndex: 0 }, await text);
    const words = done ? "What was copied" : "Not copied by itself: select the text and copy it";
    box.replaceChildren(element("details", { open: !done }, element("summary", {}, words), listing));
    button.textContent = done ? "Copied" : "Shown below";
    say(button.textContent);
    setTimeout(() => (button.textContent = label), 1500);
  } catch (error) {
    if (error instanceof Stopped) failed(error);
    else box.replaceChildren(element("p", { className: "error" }, error.message));
  }
}

async function judge() {
  const about = question();
  delete at("verdict").dataset.about;
  at("verdict").replaceChildren(note("Checking"));
  showError(at("claim-error"), at("claim"), null);
  try {
    const answer = await desk.ask({ ask: "check", recurrence: recurrence(), claim: state.claim, object: state.about, width: letters() });
    const { error } = answer; // of the formula, or of the recurrence that it is about
    at("verdict").dataset.about = about;
    showError(at("claim-error"), at("claim"), error ?? null);
    at("verdict").replaceChildren(...(error ? [] : verdict(answer)));
    say(error ? "The formula is not read" : `The formula is ${answer.verdict}`);
    kept();
  } catch (error) {
    at("verdict").replaceChildren(note("Stopped before there was a verdict."));
    failed(error);
  }
}

function fields() {
  for (const name of ["text", "sizes", "scheme", "claim"]) at(name).value = state[name];
  if (state.cell && !library.size) at("cell").append(element("option", { value: state.cell }, state.cell));
  at("cell").value = state.cell;
  if (state.cell) at("text").value = library.get(state.cell)?.text ?? at("text").value;
  at("more").open = Boolean(state.sizes || state.scheme);
}

function take(link) {
  Object.assign(state, { cell: "", text: "", sizes: "", scheme: "", claim: "", about: "" }, link);
  if (!state.cell && !state.text) state.cell = FIRST;
  fields();
}

function listen() {
  at("cell").addEventListener("change", () => {
    const chosen = at("cell").value;
    const sizes = chosen ? "" : library.get(state.cell)?.sizes ?? state.sizes;
    if (!chosen) state.text = at("text").value;
    Object.assign(state, { cell: chosen, sizes, scheme: "", off: [], chosen: {} });
    fields();
    edited();
  });
  at("text").addEventListener("input", () => {
    if (state.cell) {
      state.sizes = library.get(state.cell)?.sizes ?? "";
      at("sizes").value = state.sizes;
      at("source").textContent = `edited from ${state.cell}`;
    }
    Object.assign(state, { cell: "", text: at("text").value });
    at("cell").value = "";
    edited();
  });
  for (const name of ["sizes", "scheme"]) at(name).addEventListener("input", () => {
    Object.assign(state, { cell: "", text: at("text").value, [name]: at(name).value });
    at("cell").value = "";
    edited();
  });
  at("claim").addEventListener("input", () => {
    state.claim = at("claim").value;
    kept();
  });
  at("about").addEventListener("change", () => {
    state.about = at("about").value;
    kept();
  });
  at("claim-form").addEventListener("submit", (event) => {
    event.preventDefault();
    judge();
  });
  at("claim").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) judge();
  });
  at("paste-true").addEventListener("click", async () => {
    const object = at("jacobian-section")?.dataset.object;
    if (!object) return;
    const answer = await desk.ask({ ask: "copy", recurrence: recurrence(), object, form: "plain" }).catch(failed);
    if (!answer?.ok) return;
    state.claim = at("claim").value = answer.text.replace(/^[^=]*= */, "");
    state.about = at("about").value = object;
    kept();
    ready();
  });
  at("prove-shown").addEventListener("click", () => actions.prove(sections.map((section) => section.key)));
  at("stop").addEventListener("click", () => desk.stop());
  at("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the fragment of the address is the state
    at("results").focus();
  });
  at("share").addEventListener("click", async () => {
    kept();
    const done = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    say(done ? "Link copied" : "Copy the link from the address bar");
  });
  addEventListener("hashchange", () => {
    take(readLink(location.hash));
    edited();
    if (state.claim) judge();
  });
  let width = innerWidth;
  addEventListener("resize", () => {
    if (Math.abs(innerWidth - width) > 90) edited((width = innerWidth));
  });
}

async function open() {
  if (typeof WebAssembly !== "object" || typeof Worker !== "function") {
    at("cannot").hidden = false;
    at("cannot").textContent = "This page runs Python in the browser and needs WebAssembly, which this browser does not have or does not allow.";
    say("Cannot start");
    return;
  }
  desk = new Desk(told);
  take(readLink(location.hash));
  listen();
  readTools();
  await derive();
  opened = true;
  performance.mark("first-result");
  desk.ask({ ask: "cells" }).then(known, () => {});
  if (state.claim && !at("judge").disabled) judge();
  desk.ask({ ask: "warm" }).then(ready, () => {});
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("service.js").catch(() => {});
}

// The library and the forms of copying come after the first result, which does not need them.
function known(answer) {
  if (!answer.ok) return failed(new Error(answer.error.message));
  library = new Map(answer.cells.map((cell) => [cell.name, cell]));
  at("version").textContent = answer.version;
  const option = (cell) => element("option", { value: cell.name, title: cell.source }, cell.name);
  const group = (label, matrix) => element("optgroup", { label }, ...answer.cells.filter((cell) => cell.matrix === matrix).map(option));
  at("cell").replaceChildren(at("cell").options[0], group("vector states", false), group("matrix states", true));
  at("cell").value = state.cell;
  for (const select of document.querySelectorAll("select.form")) {
    const forms = Object.entries(select.id === "read-form" ? answer.whole : answer.forms);
    select.replaceChildren(...forms.map(([form, label]) => element("option", { value: form }, label)));
  }
}

function readTools() {
  const form = element("select", { id: "read-form", className: "form" }, element("option", { value: "latex" }, "LaTeX"));
  const button = element("button", { type: "button", id: "read-copy", "aria-label": "Copy the recurrence" }, "Copy");
  const box = element("div", { className: "copied" });
  button.addEventListener("click", () => copied("", form.value, button, box));
  at("read-tools").append(element("label", { htmlFor: "read-form" }, "Copy as", element("span", { className: "quiet" }, " the recurrence")), form, button);
  at("read-tools").after(box);
}

open().catch(failed);
