// What a reader does on the page, one function for each; each returns what is seen then.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accessible } from "./accessible.mjs";

const WAIT = { timeout: 180_000 };
const PAUSE = 400; // milliseconds, longer than the page waits after the last key

export function stepsOf({ page, context, url, modules }) {
  const text = (selector) => page.textContent(selector);
  const idle = () => page.waitForFunction(() => document.querySelector("#busy").hidden && document.body.dataset.version, null, WAIT);
  const settled = async () => {
    await page.waitForTimeout(PAUSE);
    await idle();
  };
  const opened = async () => {
    await page.waitForSelector("#jacobian-section math", WAIT);
    await idle();
  };
  const badge = async (box) => {
    await page.waitForSelector(`${box} .badge`, WAIT);
    return (await text(`${box} .badge`)).trim().split(" ").pop();
  };
  const judged = async () => {
    await page.waitForSelector("#verdict .badge, #claim-error:not([hidden])", WAIT);
    return (await page.$("#verdict .badge")) ? badge("#verdict") : "unreadable";
  };
  const derived = async (value) => {
    await page.fill("#text", value);
    await settled();
  };
  const error = async (field) => ({
    hidden: await page.isHidden(`#${field}-error`),
    line: (await page.$(`#${field}-error .go`)) ? await text(`#${field}-error .go`) : null,
    place: (await page.$(`#${field}-error .place`)) ? await text(`#${field}-error .place`) : "",
    message: (await page.$(`#${field}-error .message`)) ? await text(`#${field}-error .message`) : "",
    invalid: await page.getAttribute(`#${field}`, "aria-invalid"),
  });
  const stopped = async () => {
    await page.click("#stop");
    const told = () => /^Stopped.*/.exec(document.querySelector("#status").textContent)?.[0];
    const status = await (await page.waitForFunction(told, null, WAIT)).jsonValue();
    await page.waitForFunction(() => document.querySelector("#status").textContent.includes("go on"), null, WAIT);
    return status;
  };
  const copied = async (part, form) => {
    await page.waitForSelector(`#${part}-form option[value=${form}]`, { state: "attached", ...WAIT });
    await page.selectOption(`#${part}-form`, form);
    await page.evaluate((id) => document.querySelectorAll(`#${id} .copied`).forEach((box) => box.replaceChildren()), `${part}-section`);
    await page.click(`#${part}-copy`);
    await page.waitForSelector(`#${part}-section .copied > *`, { state: "attached", ...WAIT });
    const shown = await text(`#${part}-section .copied pre`);
    return { shown, clipboard: await page.evaluate(() => navigator.clipboard.readText()) };
  };
  const look = () =>
    page.evaluate(() => ({
      status: document.querySelector("#status").textContent,
      read: document.querySelectorAll("#read math mtr").length,
      terms: [...document.querySelectorAll("#jacobian-section .terms label")].map((label) => label.textContent),
      shown: [...document.querySelectorAll("#sections article:not([hidden]) > .body")].map((body) => body.querySelectorAll("math").length),
      missing: [...document.querySelectorAll("#sections article:not([hidden]) > .body")].filter((body) => !body.querySelector("math")).map((body) => body.textContent),
      error: document.querySelector("#text-error").textContent,
      text: document.querySelector("#text").value,
      hash: location.hash,
      stale: document.body.classList.contains("stale"),
    }));

  return {
    look,
    // A link opens with its recurrence, its terms and its claim.
    async link({ hash }) {
      await page.goto("about:blank");
      await page.goto(url + hash);
      await opened();
      const verdict = hash.includes("claim=") ? await judged() : "";
      await idle();
      return { verdict, ...(await look()) };
    },
    async reload() {
      await page.reload();
      await opened();
      return look();
    },
    // Without a connection the page opens from what it kept.
    async offline() {
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null, null, WAIT);
      await context.setOffline(true);
      await page.reload();
      await opened();
      const found = await look();
      await context.setOffline(false);
      return found;
    },
    async derive({ input }) {
      await derived(input);
      return look();
    },
    async cells({ names }) {
      await page.waitForFunction(() => document.querySelectorAll("#cell option").length > 5, null, WAIT);
      const found = {};
      for (const name of names) {
        await page.selectOption("#cell", name);
        await settled();
        found[name] = await look();
      }
      return found;
    },
    async wrong({ inputs }) {
      const found = [];
      for (const input of inputs) {
        await derived(input);
        found.push(await error("text"));
      }
      return found;
    },
    async sizes({ input, sizes }) {
      await derived(input);
      await page.evaluate(() => (document.querySelector("#more").open = true));
      await page.fill("#sizes", sizes);
      await settled();
      const found = await error("sizes");
      await page.fill("#sizes", "");
      await settled();
      return found;
    },
    // One of the choices of sizes that the error offers is taken with the mouse.
    async choose({ input, choice }) {
      await derived(input);
      await page.click(`#text-error .tools button:text-is("${choice}")`);
      await settled();
      return { ...(await look()), sizes: await page.inputValue("#sizes") };
    },
    async claim({ claim, about }) {
      await page.selectOption("#about", about);
      await page.fill("#claim", claim);
      await page.evaluate(() => document.querySelector("#verdict").replaceChildren());
      await page.focus("#claim");
      await page.keyboard.press("Control+Enter");
      const verdict = await judged();
      await idle();
      return { verdict, shown: await text("#verdict"), error: await error("claim") };
    },
    // A verdict and a certificate go with the recurrence that they are about.
    async edited({ input }) {
      await page.click("#jacobian-prove");
      await badge("#jacobian-section .certificate");
      await idle();
      await derived(input);
      return page.evaluate(() => ({ verdict: document.querySelector("#verdict").textContent, badges: document.querySelectorAll(".badge").length }));
    },
    async copy({ part, forms }) {
      const found = {};
      for (const form of forms) found[form] = await copied(part, form);
      return found;
    },
    // All that is shown is proved; the progress is written down as it moves.
    async prove() {
      await page.evaluate(() => {
        const bar = document.querySelector("#progress");
        window.moved = [];
        new MutationObserver(() => window.moved.push([bar.value, bar.max])).observe(bar, { attributes: true, attributeFilter: ["value"] });
      });
      await page.click("#prove-shown");
      await page.waitForFunction(() => !document.querySelector("#progress").hidden, null, WAIT);
      await page.waitForFunction(() => document.querySelector("#progress").hidden, null, WAIT);
      await idle();
      return page.evaluate(() => ({
        moved: window.moved,
        verdicts: [...document.querySelectorAll("#sections article:not([hidden]) .certificate")].map((box) => box.querySelector(".badge")?.textContent ?? box.textContent),
      }));
    },
    // What takes long is ended at once, and the page goes on: a proof, then a recurrence.
    async stopProof({ hash, input }) {
      await page.evaluate((wanted) => (location.hash = wanted), hash);
      await settled();
      await page.click("#expansion-prove");
      const status = await stopped();
      const certificate = await text("#expansion-section .certificate");
      await derived(input);
      return { ...(await look()), status, certificate };
    },
    async stopRecurrence({ long, input }) {
      await page.fill("#text", long);
      await page.waitForTimeout(3000);
      const busy = await page.isVisible("#busy");
      const before = await page.getAttribute("#symbols-box", "open");
      await page.click("#symbols-box summary"); // the page itself is alive meanwhile
      const answers = (await page.getAttribute("#symbols-box", "open")) !== before;
      const status = await stopped();
      await derived(input);
      return { ...(await look()), status, busy, answers };
    },
    // Text that means harm, as a link and as a claim.
    async hostile({ inputs }) {
      const found = [];
      for (const input of inputs) {
        await page.evaluate((wanted) => (location.hash = wanted), `#${new URLSearchParams({ text: input, claim: input, about: "x" })}`);
        await settled();
        const { stale, error } = await look();
        const strange = await page.evaluate(() => document.querySelectorAll("img, script:not([src='app.js']), iframe, object, embed, form[action]").length);
        found.push({ stale, error, strange });
      }
      return found;
    },
    async withoutWebAssembly() {
      const other = await context.newPage();
      await other.addInitScript(() => delete globalThis.WebAssembly);
      await other.goto(url);
      await other.waitForSelector("#cannot:not([hidden])", WAIT);
      const found = { told: await other.textContent("#cannot"), status: await other.textContent("#status") };
      await other.close();
      return found;
    },
    ...accessible({ page, context, idle, settled, badge, audit: () => readFileSync(join(modules, "axe-core", "axe.min.js"), "utf-8") }),
  };
}
