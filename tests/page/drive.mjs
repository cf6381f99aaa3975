// Drives the page in a real browser and prints what it saw as JSON.  node drive.mjs MODULES CHROMIUM URL PLAN PROFILE
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, executablePath, url, plan, profile] = process.argv.slice(2);
const { chromium } = await import(pathToFileURL(join(modules, "playwright-core", "index.mjs")));
const asked = JSON.parse(readFileSync(plan, "utf-8"));
const WAIT = { timeout: 300_000 };
const args =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(" ");
const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  args,
  viewport: { width: 1280, height: 900 },
  permissions: ["clipboard-read", "clipboard-write"],
});
const seen = { hosts: [], faults: [] };
context.on("request", (request) => {
  const host = new URL(request.url()).host;
  if (!seen.hosts.includes(host)) seen.hosts.push(host);
});
const page = context.pages()[0] ?? (await context.newPage());
page.on("pageerror", (error) => seen.faults.push(error.message));
page.on("console", (message) => message.type() === "error" && seen.faults.push(message.text()));

const text = (selector) => page.textContent(selector);
const idle = () => page.waitForFunction(() => document.querySelector("#busy").hidden && document.body.dataset.version, null, WAIT);
const badge = async (box) => {
  await page.waitForSelector(`${box} .badge`, WAIT);
  return (await text(`${box} .badge`)).trim().split(" ").pop();
};
const fill = async (selector, value) => {
  await page.fill(selector, "");
  await page.fill(selector, value);
};
const derived = async (value) => {
  await fill("#text", value);
  await page.waitForFunction((wanted) => document.querySelector("#text").value === wanted, value, WAIT);
  await page.waitForTimeout(400); // longer than the pause after the last key
  await idle();
};

const steps = {
  // A link opens with its recurrence, its terms and its claim.
  async link({ hash }) {
    await page.goto(url + hash);
    await page.waitForSelector("#jacobian-section math", WAIT);
    const verdict = hash.includes("claim=") ? await badge("#verdict") : "";
    await idle();
    return { verdict, ...(await look()) };
  },
  async reload() {
    await page.reload();
    await page.waitForSelector("#jacobian-section math", WAIT);
    await idle();
    return look();
  },
  async wrong({ inputs }) {
    const found = [];
    for (const input of inputs) {
      await derived(input);
      found.push({
        hidden: await page.isHidden("#text-error"),
        line: (await page.$("#text-error .go")) ? await text("#text-error .go") : null,
        place: (await page.$("#text-error .place")) ? await text("#text-error .place") : "",
        message: (await page.$("#text-error .message")) ? await text("#text-error .message") : "",
        invalid: await page.getAttribute("#text", "aria-invalid"),
      });
    }
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
      await page.waitForTimeout(400);
      await idle();
      found[name] = await look();
    }
    return found;
  },
  async claim({ claim, about }) {
    await page.selectOption("#about", about);
    await page.fill("#claim", claim);
    await page.evaluate(() => document.querySelector("#verdict").replaceChildren());
    await page.focus("#claim");
    await page.keyboard.press("Control+Enter");
    const verdict = await badge("#verdict");
    await idle();
    return { verdict, shown: await text("#verdict") };
  },
  async copy({ form }) {
    await page.waitForSelector(`#jacobian-form option[value=${form}]`, { state: "attached", ...WAIT });
    await page.selectOption("#jacobian-form", form);
    await page.click("#jacobian-copy");
    await page.waitForSelector("#jacobian-section .copied pre", { state: "attached", ...WAIT });
    const shown = await text("#jacobian-section .copied pre");
    return { shown, clipboard: await page.evaluate(() => navigator.clipboard.readText()) };
  },
  // The keyboard alone: a term is switched off, and the focus stays where it was.
  async toggle({ term }) {
    await page.focus(`#jacobian-term-${term}`);
    await page.keyboard.press("Space");
    await page.waitForFunction((name) => location.hash.includes(`off=${name}`), term, WAIT);
    await page.waitForTimeout(400);
    await idle();
    const focused = await page.evaluate(() => document.activeElement.id);
    const marked = await page.evaluate(() => [...document.querySelectorAll("#jacobian-section .body > .formula [class^=term]")].map((part) => part.getAttribute("class")));
    await page.keyboard.press("Space");
    await page.waitForTimeout(400);
    await idle();
    return { focused, marked };
  },
  async prove() {
    await page.click("#jacobian-prove");
    const verdict = await badge("#jacobian-section .certificate");
    await idle();
    return { verdict };
  },
  // What takes long is ended at once, and the page goes on.
  async stop({ hash, input }) {
    await page.evaluate((wanted) => (location.hash = wanted), hash);
    await page.waitForTimeout(600);
    await idle();
    await page.click("#expansion-prove");
    await page.click("#stop");
    const stopped = () => /^Stopped.*/.exec(document.querySelector("#status").textContent)?.[0];
    const status = await (await page.waitForFunction(stopped, null, WAIT)).jsonValue();
    const certificate = await text("#expansion-section .certificate");
    await page.waitForFunction(() => document.querySelector("#status").textContent.includes("go on"), null, WAIT);
    await derived(input);
    return { ...(await look()), status, certificate };
  },
  // Without a connection the page opens from what it kept.
  async offline() {
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null, null, WAIT);
    await context.setOffline(true);
    const found = await steps.reload();
    await context.setOffline(false);
    return found;
  },
  // Every control has a name, and nothing is wider than a phone.
  async named({ width, shot }) {
    await page.setViewportSize({ width, height: 844 });
    await page.waitForTimeout(600);
    await idle();
    if (shot) await page.screenshot({ path: shot, fullPage: true });
    return page.evaluate(() => ({
      nameless: [...document.querySelectorAll("button, select, textarea, input, [role=group], progress")]
        .filter((item) => !(item.getAttribute("aria-label") || item.labels?.length || item.textContent.trim()) || (item.matches("select, textarea, input") && !item.labels.length))
        .map((item) => item.outerHTML.slice(0, 80)),
      wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
  },
};

async function look() {
  return page.evaluate(() => ({
    status: document.querySelector("#status").textContent,
    read: document.querySelectorAll("#read math mtr").length,
    terms: [...document.querySelectorAll("#jacobian-section .terms label")].map((label) => label.textContent),
    shown: [...document.querySelectorAll("#sections article:not([hidden]) > .body")].map((body) => body.querySelectorAll("math").length),
    error: document.querySelector("#text-error").textContent,
    text: document.querySelector("#text").value,
    hash: location.hash,
    stale: document.body.classList.contains("stale"),
  }));
}

try {
  for (const step of asked) {
    seen.last = step.do;
    seen[step.as ?? step.do] = await steps[step.do](step);
  }
} catch (error) {
  seen.failed = `${error}\n${JSON.stringify(await look().catch(() => null))}`;
}
console.log(JSON.stringify(seen));
await context.close();
