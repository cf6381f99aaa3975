// Times the page in one fresh Chromium and prints JSON.  node page.mjs MODULES CHROMIUM URL TEXTS
// Beside the seconds on the clock stand those of the processors, which other work on the machine lengthens much less.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, executablePath, url, texts] = process.argv.slice(2);
const { chromium } = await import(pathToFileURL(join(modules, "playwright-core", "index.mjs")));
const WAIT = { timeout: 900_000 };
const args =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(" ");
const browser = await chromium.launch({ executablePath, args });
const session = await browser.newBrowserCDPSession();
const processes = async () => (await session.send("SystemInfo.getProcessInfo")).processInfo;
const cpu = async () => (await processes()).reduce((sum, item) => sum + item.cpuTime, 0);
// What the renderers hold; memory that several processes share counts in parts (Pss).
const memory = async () =>
  (await processes())
    .filter((item) => item.type === "renderer")
    .reduce((sum, { id }) => sum + 1024 * Number(/Pss:\s+(\d+)/.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf-8"))[1]), 0);

async function timed(run) {
  const [clock, used] = [performance.now(), await cpu()];
  await run();
  return { seconds: (performance.now() - clock) / 1000, processors: (await cpu()) - used };
}

const page = await (await browser.newContext()).newPage();
page.setDefaultTimeout(WAIT.timeout);
const first = () => page.waitForSelector("#jacobian-section math", WAIT);
const idle = () => page.waitForFunction(() => document.querySelector("#busy").hidden, null, WAIT);
const found = {};
found.cold = await timed(async () => {
  await page.goto(url);
  await first();
});
await idle();
found.memory_after_the_first_result = await memory();
await page.waitForFunction(() => navigator.serviceWorker.controller !== null, null, WAIT); // all files are kept by now
found.warm = await timed(async () => {
  await page.reload();
  await first();
});
await idle();
found.edits = {};
for (const [name, { text, sizes }] of Object.entries(JSON.parse(texts))) {
  await page.selectOption("#cell", "leaky");
  await page.waitForTimeout(500);
  await idle();
  await page.evaluate(() => (document.querySelector("#more").open = true));
  await page.fill("#sizes", sizes);
  await page.waitForTimeout(500);
  await idle();
  const before = await page.evaluate(() => document.body.dataset.version);
  found.edits[name] = await timed(async () => {
    await page.fill("#text", text);
    await page.waitForFunction((version) => document.body.dataset.version !== version, before, WAIT);
  });
  if (await page.evaluate(() => document.body.classList.contains("stale"))) throw new Error(`${name} is not read`);
}
found.memory_after_the_edits = await memory();
console.log(JSON.stringify(found));
await browser.close();
