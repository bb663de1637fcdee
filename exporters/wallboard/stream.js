// The event stream, read with fetch so that it can carry a token, and opened again for ever.

import { askToken, headers } from "./requests.js";

const LONGEST_PAUSE_MS = 10_000;
/** The server sends a comment at least every 15 s; a line that is dead longer is cut. */
const DEAD_AFTER_MS = 40_000;

export class BoardStream {
  #stop = null;
  #retryMs = 2_000;

  /** `receive(event, data)` gets each message; `refused` means that the address makes no sense. */
  constructor(receive) {
    this.receive = receive;
  }

  /** Follows an address; an earlier one is let go. */
  open(address) {
    this.#stop?.abort();
    this.#stop = new AbortController();
    void this.#follow(address, this.#stop.signal);
  }

  async #follow(address, stop) {
    let failures = 0;
    while (!stop.aborted) {
      try {
        await this.#read(address, stop, () => { failures = 0; });
      } catch {
        // The page itself shows that messages stopped; nothing else is to be done here.
      }
      failures += 1;
      const pause = Math.min(this.#retryMs * 1.5 ** (failures - 1), LONGEST_PAUSE_MS);
      await new Promise((resolve) => setTimeout(resolve, pause * (0.8 + 0.4 * Math.random())));
    }
  }

  async #read(address, stop, works) {
    const dead = new AbortController();
    stop.addEventListener("abort", () => dead.abort(), { once: true });
    let timer = setTimeout(() => dead.abort(), DEAD_AFTER_MS);
    try {
      const response = await fetch(address, {
        headers: { Accept: "text/event-stream", ...headers() }, cache: "no-store",
        signal: dead.signal,
      });
      if (response.status === 401) await askToken();
      if (response.status === 400) this.receive("refused", null);
      if (!response.ok) return;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let pending = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done || stop.aborted) return;
        works();
        clearTimeout(timer);
        timer = setTimeout(() => dead.abort(), DEAD_AFTER_MS);
        const blocks = (pending + value).split("\n\n");
        pending = blocks.pop();
        for (const block of blocks) this.#take(block);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #take(block) {
    let event = "message";
    const data = [];
    for (const line of block.split("\n")) {
      if (line.startsWith("event: ")) event = line.slice(7);
      else if (line.startsWith("data: ")) data.push(line.slice(6));
      else if (line.startsWith("retry: ")) this.#retryMs = Number(line.slice(7)) || this.#retryMs;
    }
    if (data.length) this.receive(event, JSON.parse(data.join("\n")));
  }
}
