// The state of the page in the fragment of its address: readable, and never sent to a server.

const TEXTS = ["cell", "text", "sizes", "scheme", "claim", "about"];

export function readLink(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const state = { chosen: {}, off: [] };
  for (const name of TEXTS) if (given.has(name)) state[name] = given.get(name).slice(0, 4096);
  for (const [name, value] of given) if (name.startsWith("show.")) state.chosen[name.slice(5)] = value.slice(0, 100);
  state.off = (given.get("off") ?? "").split(",").filter(Boolean).slice(0, 20);
  return state;
}

export function writeLink(state) {
  const given = new URLSearchParams();
  for (const name of TEXTS) if (state[name]) given.set(name, state[name]);
  if (state.cell) given.delete("text");
  for (const [name, value] of Object.entries(state.chosen)) if (value) given.set(`show.${name}`, value);
  if (state.off.length) given.set("off", state.off.join(","));
  return `#${given}`;
}
