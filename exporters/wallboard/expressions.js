// The list of the self-care page: what people searched for and did not find.

import { byId, fillHead, fit, make, setText } from "./dom.js";
import { DASH, count, isNumber } from "./format.js";
import { getJson } from "./requests.js";
import { words } from "./text.js";

const REFRESH_MS = 30_000;
const MOST_ROWS = 8;
const COLUMNS = ["expression", "count", "change"];

export class Expressions {
  #answer = null;
  #timer = 0;
  #isOpen = false;

  /** Asks while its page is shown; opened again it asks at once. */
  turn(isOpen) {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    clearTimeout(this.#timer);
    if (isOpen) void this.#load();
  }

  async #load() {
    try {
      const answer = await getJson("/api/expressions?window=7d");
      this.#answer = answer;
    } catch {
      // The list stays as it was; the page itself shows when vigie does not answer.
    }
    this.show();
    if (this.#isOpen) this.#timer = setTimeout(() => void this.#load(), REFRESH_MS);
  }

  show() {
    const section = byId("expressions");
    const listed = (this.#answer?.expressions ?? []).slice(0, MOST_ROWS);
    section.hidden = !this.#isOpen || listed.length === 0;
    if (section.hidden) return;
    const w = words().expressions;
    setText(byId("expressions-title"), w.title);
    fillHead(byId("expressions-head"), COLUMNS.map((name) => w.columns[name]));
    const body = byId("expressions-body");
    fit(body, listed.length, () => make("tr", "", make("th"), make("td"), make("td")));
    listed.forEach((one, i) => {
      const line = body.children[i];
      line.firstElementChild.scope = "row";
      setText(line.children[0], one.expression);
      setText(line.children[1], between(one.count, this.#answer.error));
      setText(line.children[2], change(one.change));
    });
  }
}

/** Counted in bounded memory: at least so often, and at most so much more. */
function between(least, error) {
  return error > 0 ? `${count(least)}–${count(least + error)}` : count(least);
}

function change(by) {
  if (!isNumber(by)) return DASH;
  return by > 0 ? `↑ +${count(by)}` : by < 0 ? `↓ −${count(-by)}` : "→ 0";
}
