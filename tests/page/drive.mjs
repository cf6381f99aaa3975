// Drives the page in a real browser and prints what it saw as JSON.  node drive.mjs MODULES CHROMIUM URL PLAN PROFILE
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stepsOf } from "./steps.mjs";

const [modules, executablePath, url, plan, profile] = process.argv.slice(2);
const { chromium } = await import(pathToFileURL(join(modules, "playwright-core", "index.mjs")));
const asked = JSON.parse(readFileSync(plan, "utf-8"));
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
page.on("dialog", (dialog) => seen.faults.push(`a dialog: ${dialog.message()}`));

const steps = stepsOf({ page, context, url, modules });
try {
  for (const step of asked) {
    seen.last = step.as ?? step.do;
    seen[seen.last] = await steps[step.do](step);
  }
} catch (error) {
  seen.failed = `${error}\n${JSON.stringify(await steps.look().catch(() => null))}`;
}
console.log(JSON.stringify(seen));
await context.close();
