// What the page has seen of a number, for its sparkline. Kept in memory only.

const SPACING_MS = 5_000;
const KEPT_MS = 20 * 60_000;
const MAX_SERIES = 2_000;

export class History {
  #series = new Map();

  /** Keeps one value per five seconds; the newest replaces the one of its slot. */
  add(name, timeMs, value) {
    let points = this.#series.get(name);
    if (!points) {
      if (this.#series.size >= MAX_SERIES) this.#series.clear();
      this.#series.set(name, (points = []));
    }
    const last = points.at(-1);
    if (last && timeMs < last.timeMs) points.length = 0; // the clock went back: a new replay
    if (last && Math.floor(timeMs / SPACING_MS) === Math.floor(last.timeMs / SPACING_MS)) {
      last.value = value;
      return;
    }
    points.push({ timeMs, value });
    while (points.length && points[0].timeMs < timeMs - KEPT_MS) points.shift();
  }

  points(name) {
    return this.#series.get(name) ?? [];
  }
}
