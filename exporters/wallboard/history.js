// What the page has seen of a number, for its sparkline. Kept in memory only.

const SPACING_MS = 5_000;
const KEPT_MS = 20 * 60_000;
const MAX_SERIES = 2_000;
const NONE = [];

function slotOf(timeMs) {
  return Math.floor(timeMs / SPACING_MS);
}

export class History {
  #series = new Map();
  /** While the page shows another instant nothing is added, and there is no line. */
  isPaused = false;

  /** Keeps one value per five seconds; the newest replaces the one of its slot. */
  add(name, timeMs, value) {
    if (this.isPaused) return;
    let points = this.#series.get(name) ?? NONE;
    if (timeMs < points.at(-1)?.timeMs) points = NONE; // the clock went back: a new replay
    const last = points.at(-1);
    if (last && slotOf(timeMs) === slotOf(last.timeMs)) {
      if (last.value === value) return;
      points = [...points.slice(0, -1), { timeMs: last.timeMs, value }];
    } else {
      points = [...points.filter((one) => one.timeMs >= timeMs - KEPT_MS), { timeMs, value }];
    }
    if (!this.#series.has(name) && this.#series.size >= MAX_SERIES) this.#series.clear();
    this.#series.set(name, points);
  }

  /** The points of a number: the same array until one of them changes. */
  points(name) {
    return this.isPaused ? NONE : this.#series.get(name) ?? NONE;
  }
}
