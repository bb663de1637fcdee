// The order of rows by risk, calm enough to be read.

import { byRisk } from "./rows.js";

/** Rows change places at most this often, so that eyes can follow; a new alert moves at once. */
const RESORT_MS = 5_000;

export class RiskOrder {
  #keys = [];
  #levels = "";
  #sortedAt = -Infinity;

  /** The keys of rows, highest risk first. */
  of(rows) {
    const levels = rows.map(({ key, level }) => `${key}${level}`).sort().join("|");
    const now = performance.now();
    if (levels !== this.#levels || now - this.#sortedAt >= RESORT_MS) {
      this.#levels = levels;
      this.#sortedAt = now;
      this.#keys = [...rows].sort(byRisk).map(({ key }) => key);
    }
    return this.#keys;
  }
}
