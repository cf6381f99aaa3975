// Runs Python away from the page: takes requests as JSON, gives answers as JSON.  It is stopped by ending it.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const say = (stage) => postMessage({ stage });

async function start() {
  say("Loading Python");
  const packages = fetch("packages.zip").then((response) => {
    if (!response.ok) throw new Error(`packages.zip: ${response.status} ${response.statusText}`);
    return response.arrayBuffer();
  });
  packages.catch(() => {});
  const python = await loadPyodide({
    indexURL: new URL("./pyodide/", import.meta.url).href,
    stdout: () => {},
    stderr: () => {},
  });
  say("Loading symgate");
  python.FS.writeFile("/packages.zip", new Uint8Array(await packages));
  python.runPython("import sys; sys.path.insert(0, '/packages.zip')");
  return python.pyimport("symgate.page.answers").answer;
}

const started = start();
started.then(
  () => postMessage({ ready: true }),
  (error) => postMessage({ failed: String(error?.message ?? error) }),
);

addEventListener("message", async ({ data: { id, request } }) => {
  const answer = await started;
  try {
    postMessage({ id, answer: answer(request) });
  } catch (error) {
    postMessage({ id, broken: String(error?.message ?? error) });
  }
});
