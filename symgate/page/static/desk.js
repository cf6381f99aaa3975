// The page's side of the worker: one request at a time, answers as promises, a stop that ends the worker.

export class Stopped extends Error {}

export class Desk {
  #worker = null;
  #waiting = new Map();
  #last = 0;
  #tell;

  constructor(tell) {
    this.#tell = tell;
    this.#start();
  }

  get busy() {
    return this.#waiting.size > 0;
  }

  #start() {
    this.ready = new Promise((resolve, reject) => {
      const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
      this.#worker = worker;
      worker.addEventListener("message", ({ data }) => {
        if (worker !== this.#worker) return;
        if (data.stage) this.#tell({ stage: data.stage });
        else if (data.ready) resolve();
        else if (data.failed) reject(new Error(data.failed));
        else this.#settle(data);
      });
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        const error = new Error(event.message || "the worker cannot be started");
        reject(error);
        this.#refuse(error);
      });
    });
    this.ready.catch(() => {});
  }

  #settle({ id, answer, broken }) {
    const held = this.#waiting.get(id);
    if (!held) return;
    this.#waiting.delete(id);
    if (broken) {
      held.reject(new Error(broken));
      this.#restart(); // Python is in no state to go on, such as after it ran out of memory
    } else {
      held.resolve(JSON.parse(answer));
    }
    this.#tell({ busy: this.busy });
  }

  ask(request) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#tell({ busy: true });
      this.ready.then(
        () => this.#waiting.has(id) && this.#worker.postMessage({ id, request: JSON.stringify(request) }),
        reject,
      );
    });
  }

  // Ends what runs at once, whatever it is, and starts anew.
  stop() {
    this.#refuse(new Stopped("stopped"));
    this.#restart();
    this.#tell({ busy: false });
  }

  #refuse(error) {
    const held = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of held) reject(error);
  }

  #restart() {
    this.#worker.terminate();
    this.#refuse(new Stopped("stopped"));
    this.#start();
  }
}
