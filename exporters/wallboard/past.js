// "As it was at 10:15": the slider, what it asks for, and the way back to now. The stream goes on
// meanwhile, so that now is there at once.

import { showButtons } from "./buttons.js";
import { byId, fit, make, setAttribute, setText, toggle } from "./dom.js";
import { setIcon } from "./icons.js";
import { onKey } from "./keys.js";
import { MINUTE_MS, SPANS, isoMinute, leftEnd, moved, shortTime, snapped } from "./past_times.js";
import { askToken, getJson, headers } from "./requests.js";
import { screenWords } from "./screen_words.js";

const SETTLE_MS = 150;
const RETRY_MS = 3_000;
const SAY_MS = 700;
const BACK_AFTER_S = 300;
const TIME_LIMIT_MS = 20_000;
const MOST_MARKS = 60;

export class Past {
  #reach = null;
  #at = null;
  #query = null;
  #asked = 0;
  #isAsking = false;
  #again = false;
  #timer = 0;
  #sayTimer = 0;
  #touched = 0;
  #problem = "";
  #nowMs = Date.now();
  #isOpen = false;
  #isLoading = false;
  #hasBoard = false;
  #marks = null;

  /**
   * `changed(board)` gets the board of the instant, or null: now. `settled()` is called when what
   * the page shows becomes another instant. `onlyNow()` tells whether the page knows only now.
   * `hasAlerts()` tells whether the server has alerts.
   */
  constructor(choices, { changed, settled, onlyNow, hasAlerts }) {
    this.hasAlerts = hasAlerts;
    this.choices = choices;
    this.changed = changed;
    this.settled = settled;
    this.onlyNow = onlyNow;
    this.slider = byId("past-slider");
    byId("past-open").addEventListener("click", () => this.#toggle());
    byId("past-back").addEventListener("click", () => this.leave());
    this.slider.addEventListener("input", () => this.#slide());
    this.slider.addEventListener("keydown", (event) => this.#key(event));
    onKey("t", () => { this.#toggle(); return true; });
    onKey("escape", () => this.isOn && !document.querySelector("dialog[open]") && this.leave());
    for (const touch of ["pointerdown", "keydown", "wheel", "pointermove"]) {
      document.addEventListener(touch, () => { this.#touched = performance.now(); },
        { passive: true });
    }
    setInterval(() => this.#returnIfLeftAlone(), 1_000);
  }

  get isOn() {
    return this.#at !== null;
  }

  /** Goes where the address says (?at=). */
  async start() {
    const wanted = this.choices.address("at");
    if (!wanted) return;
    await this.open({ focus: false });
    const ms = /^\d{11,}$/.test(wanted) ? Number(wanted) : await this.#readAt(wanted);
    if (!this.#reach || ms === null) return;
    if (ms < this.#reach.from_ms) this.#problem = "outside";
    this.#go(snapped(ms, this.#reach), { keepsProblem: true });
  }

  /** The server reads the time, as it knows the zone of 10:15. */
  async #readAt(text) {
    const parsed = /T.*(Z|[+-]\d{2}:?\d{2})$/.test(text) ? Date.parse(text) : NaN;
    if (!Number.isNaN(parsed)) return parsed;
    try {
      const query = new URLSearchParams({ at: text, kpis: "contacts_offered", rows: "total" });
      return (await getJson(`/api/board?${query}`)).as_of_ms;
    } catch {
      this.#problem = "outside";
      return null;
    }
  }

  /** Says what the page asks the board for: window, KPIs and rows. */
  ask(query) {
    this.#query = new URLSearchParams(query);
    if (this.isOn) this.#load();
  }

  /** Takes note of the newest board, which goes on in the background. */
  note(asOfMs) {
    this.#nowMs = asOfMs;
    if (!this.#reach) return;
    this.#reach = { ...this.#reach, to_ms: Math.floor(asOfMs / MINUTE_MS) * MINUTE_MS };
    if (this.#isOpen && this.#marks === null) void this.#loadMarks();
    this.show();
  }

  async open({ focus = true } = {}) {
    this.#isOpen = true;
    this.show();
    try {
      this.#reach = await getJson("/api/past");
      this.#problem = "";
    } catch (failure) {
      this.#problem = failure.status === 404 ? "nothing" : "failed";
    }
    this.#marks = null;
    void this.#loadMarks();
    this.show();
    if (focus) this.slider.focus();
  }

  /** Back to now, at once. */
  leave() {
    if (!this.isOn) return false;
    this.#at = null;
    this.#hasBoard = false;
    this.#asked += 1;
    this.#problem = "";
    clearTimeout(this.#timer);
    this.choices.replaceAddress({ at: null });
    const hadFocus = document.activeElement === byId("past-back");
    this.changed(null);
    this.settled();
    this.show();
    if (hadFocus) this.slider.focus();
    this.#say(screenWords().past.isNow);
    return true;
  }

  #toggle() {
    if (this.#isOpen) {
      this.leave();
      this.#isOpen = false;
      this.show();
      byId("past-open").focus();
    } else {
      void this.open();
    }
  }

  #slide() {
    if (!this.#reach) return;
    const value = Number(this.slider.value);
    this.#go(value > this.#reach.to_ms ? null : snapped(value, this.#reach));
  }

  #key(event) {
    const minutes = {
      ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -15, PageUp: 15,
    }[event.key];
    if (!this.#reach || event.ctrlKey || event.altKey || event.metaKey) return;
    if (minutes) this.#go(moved(this.#at, minutes, this.#reach));
    else if (event.key === "Home") this.#go(leftEnd(this.#reach, this.#span()));
    else if (event.key === "End") this.#go(null);
    else return;
    event.preventDefault();
  }

  #go(at, { keepsProblem = false } = {}) {
    if (at === null) {
      this.leave();
      this.show();
      return;
    }
    if (at === this.#at) return;
    this.#at = at;
    this.#touched = performance.now();
    if (!keepsProblem) this.#problem = "";
    this.choices.replaceAddress({ at: isoMinute(at) });
    this.#isLoading = true;
    this.settled();
    this.show();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), SETTLE_MS);
    const said = screenWords().past.banner(shortTime(at, this.#nowMs));
    // The slider says its own value; others learn of it when it rests.
    if (document.activeElement !== this.slider) this.#say(said);
  }

  #load() {
    clearTimeout(this.#timer);
    if (!this.isOn || !this.#query || this.onlyNow()) {
      this.#isLoading = false;
      this.show();
      return;
    }
    if (this.#isAsking) this.#again = true;
    else void this.#read();
  }

  /** One question at a time, the newest one; those in between are gone. */
  async #read() {
    this.#isAsking = true;
    this.#isLoading = true;
    const asked = (this.#asked += 1);
    const query = new URLSearchParams(this.#query);
    query.set("at", String(this.#at));
    let pauseMs = 0;
    try {
      const response = await fetch(`/api/board?${query}`, {
        headers: headers(), cache: "no-store", signal: AbortSignal.timeout(TIME_LIMIT_MS),
      });
      if (response.status === 401) await askToken();
      if (response.status === 429) pauseMs = 1_000 * (Number(response.headers.get("Retry-After")) || 1);
      else if (response.status === 400) this.#fail(asked, "noWindow");
      else if (response.status === 404) this.#fail(asked, "nothing");
      else if (!response.ok) throw new Error(String(response.status));
      else this.#take(asked, await response.json());
    } catch {
      this.#fail(asked, "failed");
      pauseMs = RETRY_MS;
    }
    this.#isAsking = false;
    const again = this.#again;
    this.#again = false;
    if (this.isOn && (again || pauseMs)) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#load(), pauseMs);
    }
    this.show();
  }

  #take(asked, board) {
    if (asked !== this.#asked || !this.isOn) return;
    if (this.#problem !== "outside") this.#problem = "";
    if (board.as_of_ms !== this.#at) return; // the slider went on meanwhile
    this.#reach = board.possible;
    this.#isLoading = false;
    this.#hasBoard = true;
    this.changed(board);
  }

  #fail(asked, problem) {
    if (asked !== this.#asked || !this.isOn) return;
    this.#problem = problem;
    this.#isLoading = false;
  }

  #returnIfLeftAlone() {
    const given = this.choices.address("back_after");
    const seconds = given === null || Number.isNaN(Number(given)) ? BACK_AFTER_S : Number(given);
    if (!this.isOn || seconds <= 0) return;
    if (performance.now() - this.#touched >= seconds * 1_000) this.leave();
  }

  #span() {
    const chosen = this.choices.get("past_span", (name) => name in SPANS) ?? "h24";
    if (!this.#reach || this.#at === null) return chosen;
    const fits = Object.keys(SPANS).find((name) => leftEnd(this.#reach, name) <= this.#at);
    return SPANS[fits] > SPANS[chosen] ? fits : chosen;
  }

  /** Shows banner and slider in the language of now. */
  show() {
    const w = screenWords().past;
    setIcon(byId("past-open"), "clock", w.open);
    setAttribute(byId("past-open"), "aria-expanded", String(this.#isOpen));
    byId("past").hidden = !this.#isOpen;
    toggle(document.body, "is-past", this.isOn);
    toggle(document.body, "past-loading", this.isOn && this.#isLoading);
    // Numbers of now never stand under the banner.
    toggle(document.body, "past-unread", this.isOn && !this.#hasBoard && !this.onlyNow());
    toggle(document.body, "only-now", this.isOn && this.onlyNow());
    byId("past-banner").hidden = !this.isOn;
    byId("past-only-now").hidden = !(this.isOn && this.onlyNow());
    if (this.isOn) {
      setText(byId("past-when"), w.banner(shortTime(this.#at, this.#nowMs)));
      setText(byId("past-back"), w.back);
      setText(byId("past-only-now"), `${w.onlyNow} ${w.onlyNowFix}`);
    }
    const problem = this.#problem ? w[this.#problem] : "";
    setText(byId("past-why"), problem || (this.#isLoading ? w.loading : `${w.truth} ${w.notKept}`));
    setText(byId("past-problem"), this.isOn ? "" : problem);
    if (this.#isOpen) this.#showSlider(w);
  }

  #showSlider(w) {
    setAttribute(byId("past"), "aria-label", w.title);
    setAttribute(this.slider, "aria-label", w.slider);
    this.slider.disabled = !this.#reach;
    if (!this.#reach) return;
    const reach = this.#reach;
    const [from, to] = [leftEnd(reach, this.#span()), reach.to_ms + MINUTE_MS];
    setAttribute(this.slider, "min", String(from));
    setAttribute(this.slider, "max", String(to));
    setAttribute(this.slider, "step", String(MINUTE_MS));
    const value = String(this.#at ?? to);
    if (this.slider.value !== value) this.slider.value = value;
    const at = this.#at === null ? w.now : shortTime(this.#at, this.#nowMs);
    setAttribute(this.slider, "aria-valuetext", at);
    setText(byId("past-from"), shortTime(from, this.#nowMs));
    setText(byId("past-to"), w.now);
    this.#showSpans(w);
    this.#showMarks(from, to);
  }

  #showSpans(w) {
    showButtons(byId("past-spans"), {
      label: w.spans, values: Object.keys(SPANS), chosen: this.#span(), nameOf: (name) => w.span[name],
      choose: (name) => {
        this.choices.set("past_span", name);
        this.show();
      },
    });
  }

  /** Where alerts were, on the line above the slider. */
  async #loadMarks() {
    if (!this.#reach || !this.hasAlerts()) return;
    this.#marks = [];
    try {
      const since = new URLSearchParams({
        state: "all", limit: "100", since_ms: String(this.#reach.from_ms),
      });
      const { alerts } = await getJson(`/api/alerts?${since}`);
      this.#marks = alerts.filter(({ fired_ms: fired }) => fired !== null).slice(0, MOST_MARKS);
    } catch {
      // A line without marks is no harm.
    }
    this.show();
  }

  #showMarks(from, to) {
    const seen = (this.#marks ?? []).filter((mark) => (mark.resolved_ms ?? to) > from);
    const line = byId("past-marks");
    fit(line, seen.length, () => make("i"));
    const share = (ms) => (Math.min(Math.max(ms, from), to) - from) / (to - from) * 100;
    seen.forEach((mark, i) => {
      const piece = line.children[i];
      const [start, end] = [share(mark.fired_ms), share(mark.resolved_ms ?? to)];
      setAttribute(piece, "data-severity", mark.severity);
      piece.style.insetInlineStart = `${start.toFixed(2)}%`;
      piece.style.inlineSize = `${(end - start).toFixed(2)}%`;
    });
  }

  #say(text) {
    clearTimeout(this.#sayTimer);
    this.#sayTimer = setTimeout(() => setText(byId("screen-said"), text), SAY_MS);
  }
}
