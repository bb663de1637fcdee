// The alerts: asked for every two seconds on every page, for the badge; shown on a page of their own.

import { arrange, byId, setText, toggle } from "./dom.js";
import { age, count } from "./format.js";
import { AlertActions } from "./alert_actions.js";
import { alertName, rowName, untaken } from "./alert_facts.js";
import { AlertHistory, AlertTiles } from "./alert_history.js";
import { AlertRow } from "./alert_row.js";
import { AlertTimeline, SHOWN_MS } from "./alert_timeline.js";
import { alertWords } from "./alert_words.js";
import { getJson } from "./requests.js";
import { words } from "./text.js";

const REFRESH_MS = 2_000;
const SLOW_REFRESH_MS = 15_000;
const STALE_AFTER_MS = 7_000;
const DRAW_MS = 1_000;
const MOST_ROWS = 40;
const MOST_HISTORY = 12;
const FEW = 5;

export class Alerts {
  #answer = null;
  #receivedAt = performance.now();
  #over = [];
  #figures = null;
  #slowAt = -Infinity;
  #failed = false;
  #isOn = false;
  #isOpen = false;
  #timer = 0;
  #asked = 0;
  #rows = new Map();
  #known = null;

  /** `pages` has the tab with the badge; `changed()` is called when more may be known. */
  constructor(pages, changed) {
    this.pages = pages;
    this.changed = changed;
    this.actions = new AlertActions(() => this.#again());
    this.tiles = new AlertTiles();
    this.history = new AlertHistory();
    this.timeline = new AlertTimeline();
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#again(); });
    setInterval(() => this.show(), DRAW_MS);
  }

  /** Begins to ask: the server has alerts. */
  start() {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#receivedAt = performance.now();
    void this.#load();
  }

  /** Asks for more while the page of alerts is shown. */
  turn(isOpen) {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    if (isOpen) this.#again();
  }

  /** How many alerts wait for somebody. */
  get untaken() {
    return untaken(this.#answer?.counts) ?? 0;
  }

  /** What is known, for other pages: {isOn, isStale, answer}. */
  get known() {
    const isStale = this.#silentMs() > STALE_AFTER_MS || (this.#failed && !this.#answer);
    return { isOn: this.#isOn, isStale, answer: this.#answer };
  }

  #silentMs() {
    return performance.now() - this.#receivedAt;
  }

  #again() {
    this.#slowAt = -Infinity;
    if (this.#isOn) void this.#load();
  }

  async #load() {
    clearTimeout(this.#timer);
    const asked = (this.#asked += 1);
    try {
      if (!document.hidden) await this.#ask(asked);
    } catch (problem) {
      if (asked !== this.#asked) return;
      this.#failed = true;
      if (problem.status === 404) {
        this.#isOn = false;
        this.pages.drop("alerts");
        return;
      }
    }
    if (asked !== this.#asked) return;
    this.show();
    this.#timer = setTimeout(() => void this.#load(), REFRESH_MS);
  }

  async #ask(asked) {
    const answer = await getJson(`/api/alerts?${this.#query()}`);
    if (asked !== this.#asked) return;
    this.#answer = answer;
    this.#receivedAt = performance.now();
    this.#failed = false;
    this.#announce(answer.alerts);
    if (!this.#isOpen || performance.now() - this.#slowAt < SLOW_REFRESH_MS) return;
    const [over, figures] = await Promise.all([
      getJson(`/api/alerts?state=resolved&limit=${MOST_HISTORY}`),
      getJson("/api/alerts/figures?window=24h"),
    ]);
    this.#over = over.alerts.filter((alert) => alert.fired_ms !== null);
    this.#figures = figures;
    this.#slowAt = performance.now();
  }

  #query() {
    if (!this.#isOpen) return new URLSearchParams({ state: "open", limit: "20" });
    const since = this.#answer ? { since_ms: String(this.#answer.as_of_ms - SHOWN_MS) } : {};
    return new URLSearchParams({ state: "all", limit: "100", ...since });
  }

  /** Tells a screen reader of critical alerts that were not there before. */
  #announce(alerts) {
    const critical = alerts.filter(
      ({ severity, state }) => severity === "critical" && (state === "firing" || state === "escalated"));
    const fresh = this.#known ? critical.filter(({ id }) => !this.#known.has(id)) : [];
    this.#known = new Set(critical.map(({ id }) => id));
    if (!fresh.length) return;
    const w = alertWords();
    setText(byId("alerts-live"),
      fresh.map((alert) => w.newCritical(alertName(alert), rowName(alert))).join(". "));
  }

  /** Shows what is known in the language of now; the badge also while another page is shown. */
  show() {
    if (!this.#isOn) return;
    const silentMs = this.#silentMs();
    const { isStale } = this.known;
    this.#showBadge(isStale);
    this.changed();
    if (!this.#isOpen) return;
    const w = alertWords();
    const nowMs = (this.#answer?.as_of_ms ?? Date.now()) + silentMs;
    toggle(byId("page-alerts"), "stale", isStale);
    byId("alerts-stale").hidden = !isStale;
    if (isStale) setText(byId("alerts-stale"), `■ ${w.notCurrent(age(silentMs))}`);
    this.actions.show();
    const alerts = this.#answer?.alerts ?? [];
    this.tiles.show(this.#answer?.counts, this.#figures);
    this.#showRows(alerts.filter(({ state }) => state !== "resolved"), nowMs);
    this.timeline.show(alerts, nowMs);
    this.history.show(this.#over, nowMs);
  }

  #showBadge(isStale) {
    const w = alertWords();
    const waiting = this.#answer?.counts.unacknowledged ?? { critical: 0, warning: 0 };
    const level = isStale ? "stale" : waiting.critical ? "alert" : this.untaken ? "watch" : "none";
    this.pages.badge("alerts", {
      text: isStale ? "?" : this.untaken ? count(this.untaken) : "",
      label: isStale ? w.badgeUnknown : w.badge(waiting.critical, waiting.warning),
      level,
    });
  }

  #showRows(alerts, nowMs) {
    const w = alertWords();
    setText(byId("alerts-title"), w.live);
    const shown = alerts.slice(0, MOST_ROWS);
    const list = byId("alerts-list");
    toggle(list, "few", shown.length <= FEW);
    arrange(list, this.#rows, shown.map(({ id }) => id), () => new AlertRow(this.actions, this.pages));
    for (const alert of shown) this.#rows.get(alert.id).show(alert, nowMs);
    const none = byId("alerts-none");
    none.hidden = shown.length > 0 || !this.#answer;
    setText(none, `● ${w.none}`);
    const counts = this.#answer?.counts;
    const all = counts ? counts.open + counts.states.pending : 0;
    setText(byId("alerts-more"), all > shown.length && shown.length
      ? words().more(count(all - shown.length)) : "");
  }
}
