// Taking, giving back and snoozing an alert: with a name that is asked once and remembered.

import { byId, setText } from "./dom.js";
import { alertName } from "./alert_facts.js";
import { alertWords } from "./alert_words.js";
import { rememberName, rememberedName } from "./name.js";
import { knownName, postJson } from "./requests.js";

export class AlertActions {
  /** `done()` is called after each try, so that the list is read again. */
  constructor(done) {
    this.done = done;
    this.name = rememberedName();
    this.known = null;
    this.isKnown = false;
    byId("alert-dialog-cancel").addEventListener("click", () => byId("alert-dialog").close(""));
    byId("alert-name-change").addEventListener("click", () => void this.#ask({ reason: false }));
  }

  async acknowledge(alert, { asks = false } = {}) {
    await this.#act("acknowledge", alert, {}, asks);
  }

  async release(alert) {
    await this.#act("release", alert, {});
  }

  async snooze(alert, forMs) {
    await this.#act("snooze", alert, { for_ms: forMs });
  }

  /** Says in the language of now who acts on this device. */
  show() {
    const w = alertWords();
    byId("alert-name").hidden = !this.name;
    byId("alert-name-change").hidden = this.isKnown;
    setText(byId("alert-name-said"), w.you(this.name));
    setText(byId("alert-name-change"), w.change);
  }

  async #act(what, alert, body, asks = false) {
    let why = "";
    this.known ??= knownName();
    const known = await this.known;
    if (known) {
      this.isKnown = true;
      this.name = known;
      this.show();
    }
    if (!this.name || asks) {
      const given = await this.#ask({ reason: what === "acknowledge" });
      if (given === null) return;
      why = given;
    }
    const w = alertWords();
    try {
      await postJson(`${alert.links.self}/${what}`, { by: this.name, why, ...body });
      say(w.done[what](alertName(alert)));
    } catch (problem) {
      say(w.failed(problem.status === 503 ? w.late : problem.said ?? w.unreachable), true);
    }
    this.done();
  }

  /** Asks for the name, and if that makes sense for a reason; null when nothing is to be done. */
  #ask({ reason }) {
    const w = alertWords();
    const dialog = byId("alert-dialog");
    const [by, why] = [byId("alert-by"), byId("alert-why")];
    setText(byId("alert-dialog-title"), w.nameTitle);
    setText(byId("alert-by-label"), w.nameLabel);
    setText(byId("alert-by-note"), w.nameNote);
    setText(byId("alert-why-label"), w.reasonLabel);
    setText(byId("alert-dialog-cancel"), w.cancel);
    setText(byId("alert-dialog-confirm"), w.confirm);
    byId("alert-reason").hidden = !reason;
    by.value = this.name;
    by.readOnly = this.isKnown;
    why.value = "";
    return new Promise((resolve) => {
      dialog.returnValue = "";
      dialog.addEventListener("close", () => {
        const name = by.value.trim();
        if (dialog.returnValue !== "confirm" || !name) return resolve(null);
        this.name = name;
        if (!this.isKnown) rememberName(name);
        this.show();
        return resolve(why.value.trim());
      }, { once: true });
      dialog.showModal();
      (this.name && reason ? why : by).focus();
    });
  }
}

function say(text, isError = false) {
  const said = byId("alert-said");
  setText(said, text);
  said.dataset.level = isError ? "alert" : "ok";
}
