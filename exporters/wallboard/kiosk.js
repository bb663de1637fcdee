// A wall that never needs a hand: full screen, no sleep, no pointer in the way, and the newest page.

import { byId, toggle } from "./dom.js";
import { setIcon } from "./icons.js";
import { onKey } from "./keys.js";
import { screenWords } from "./screen_words.js";

const IDLE_MS = 4_000;
const RELOADED = "vigie.reloaded";
/** Workers of two versions behind one address must not make a page reload for ever. */
const RELOAD_AGAIN_MS = 60_000;

export class Kiosk {
  #build = null;
  #isOld = false;
  #lock = null;
  #idleTimer = 0;

  /** `rotates()` tells whether the pages change by themselves. */
  constructor(rotates) {
    this.rotates = rotates;
    byId("full-screen").addEventListener("click", () => void this.#turnFullScreen());
    onKey("f", () => { void this.#turnFullScreen(); return true; });
    document.addEventListener("fullscreenchange", () => { this.show(); void this.#stayAwake(); });
    document.addEventListener("visibilitychange", () => void this.#stayAwake());
    for (const touch of ["pointermove", "pointerdown", "keydown"]) {
      document.addEventListener(touch, () => this.#wake(), { passive: true });
    }
    this.#wake();
  }

  show() {
    const w = screenWords().screen;
    const button = byId("full-screen");
    button.hidden = !document.fullscreenEnabled;
    const isFull = document.fullscreenElement !== null;
    setIcon(button, isFull ? "less" : "full", isFull ? w.leave : w.full);
  }

  /** Called when the pages begin to change by themselves. */
  begin() {
    void this.#stayAwake();
  }

  /** The server says which page it has; another one than this is loaded when nobody is busy. */
  takeBuild(build) {
    this.#build ??= build;
    this.#isOld = build !== this.#build;
    this.#reloadIfOld();
  }

  #reloadIfOld() {
    if (!this.#isOld || document.querySelector("dialog[open]")) return;
    if (document.body.matches(".is-past")) return;
    try {
      const lastMs = Number(sessionStorage.getItem(RELOADED) ?? 0);
      if (Date.now() - lastMs < RELOAD_AGAIN_MS) return;
      sessionStorage.setItem(RELOADED, String(Date.now()));
    } catch {
      return; // without memory of the last time it could go on for ever
    }
    location.reload();
  }

  async #turnFullScreen() {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await document.documentElement.requestFullscreen();
    } catch {
      // The browser does not want it; the page is the same without.
    }
  }

  /** Asks the browser to keep the screen on while it is a wall. */
  async #stayAwake() {
    const isWall = this.rotates() || document.fullscreenElement !== null;
    if (!isWall || document.hidden || !("wakeLock" in navigator)) {
      void this.#lock?.release();
      this.#lock = null;
      return;
    }
    if (this.#lock && !this.#lock.released) return;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
    } catch {
      this.#lock = null; // refused, such as on low battery
    }
  }

  #wake() {
    toggle(document.body, "idle", false);
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      const isWall = this.rotates() || document.fullscreenElement !== null;
      toggle(document.body, "idle", isWall);
      this.#reloadIfOld();
    }, IDLE_MS);
  }
}
