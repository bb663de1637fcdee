// A screen on a wall goes from page to page by itself, and waits while somebody is there.

import { byId, setAttribute, setText } from "./dom.js";
import { onKey } from "./keys.js";
import { screenWords } from "./screen_words.js";

const PAUSE_MS = 30_000;
const TICK_MS = 250;
/** A page in trouble stays so many times as long. */
const TROUBLE_TIMES = 2;

export class Rotation {
  #round = [];
  #shownMs = 0;
  #staysMs = 0;
  #at = 0;
  #pausedUntil = 0;
  #isHeld = false;
  #timer = 0;

  /** `pages` has `current`, `name(id)`, `trouble(id)` and `turn(id)`. */
  constructor(pages) {
    this.pages = pages;
    onKey(" ", (event) => this.isOn && !event.target.closest?.("button, a, input") && this.#hold());
    for (const touch of ["pointerdown", "keydown", "wheel"]) {
      document.addEventListener(touch, (event) => {
        // The key that lets it go on is no reason to wait.
        if (event.key !== " ") this.pause();
      }, { passive: true });
    }
    document.addEventListener("pointermove", (event) => {
      // A page that changes under a resting mouse makes moves that go nowhere.
      if (event.movementX || event.movementY) this.pause();
    }, { passive: true });
  }

  get isOn() {
    return this.#round.length > 1;
  }

  begin(round, seconds) {
    this.end();
    if (round.length < 2) return;
    this.#round = round;
    this.#staysMs = seconds * 1_000;
    this.#shownMs = 0;
    this.#at = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#show();
  }

  /** Ends it: somebody chose a page. */
  end() {
    clearInterval(this.#timer);
    this.#round = [];
    this.#isHeld = false;
    this.#show();
  }

  /** Nobody is taken away from what they touch; it goes on half a minute after. */
  pause() {
    if (!this.isOn) return;
    this.#pausedUntil = performance.now() + PAUSE_MS;
    this.#show();
  }

  #hold() {
    this.#isHeld = !this.#isHeld;
    if (!this.#isHeld) this.#pausedUntil = 0;
    this.#show();
    return true;
  }

  #tick() {
    const now = performance.now();
    const passed = now - this.#at;
    this.#at = now;
    const isBusy = document.querySelector("dialog[open]") || document.body.matches(".is-past");
    if (isBusy) this.#pausedUntil = Math.max(this.#pausedUntil, now + TICK_MS);
    if (!this.#isHeld && now >= this.#pausedUntil) this.#shownMs += passed;
    const times = this.pages.trouble(this.pages.current) ? TROUBLE_TIMES : 1;
    if (this.#shownMs >= this.#staysMs * times) {
      this.#shownMs = 0;
      this.pages.turn(this.#next());
    }
    this.#show();
  }

  #next() {
    const round = this.#round;
    return round[(round.indexOf(this.pages.current) + 1) % round.length];
  }

  /** A line at the foot that fills up, and in words what comes next. */
  #show() {
    const sign = byId("rotation");
    sign.hidden = !this.isOn;
    if (!this.isOn) return;
    const w = screenWords().screen;
    const times = this.pages.trouble(this.pages.current) ? TROUBLE_TIMES : 1;
    const wholeMs = this.#staysMs * times;
    const leftS = Math.max(0, Math.ceil((wholeMs - this.#shownMs) / 1_000));
    const waitS = Math.ceil((this.#pausedUntil - performance.now()) / 1_000);
    const isPaused = this.#isHeld || waitS > 0;
    setAttribute(sign, "data-paused", String(isPaused));
    setAttribute(sign, "aria-label", w.rotation);
    byId("rotation-bar").style.inlineSize = `${(100 * this.#shownMs / wholeMs).toFixed(1)}%`;
    setText(byId("rotation-words"), this.#isHeld ? `❚❚ ${w.paused}`
      : isPaused ? `❚❚ ${w.pause(waitS)}` : w.next(this.pages.name(this.#next()), leftS));
  }
}
