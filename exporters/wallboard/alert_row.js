// One live alert: how bad, what, where, how far beyond, for how long, who has it, and its buttons.

import { make, setAttribute, setText, toggle } from "./dom.js";
import { count, duration, isNumber, moment } from "./format.js";
import {
  alertName, limitText, measureName, rowName, severityShape, valueText,
} from "./alert_facts.js";
import { alertWords } from "./alert_words.js";
import { showQueueLink } from "./queue_link.js";

const SHAPES_OF_STATE = {
  pending: "◌", firing: "!", escalated: "↑", acknowledged: "✓", resolved: "○",
};
const SNOOZES_MIN = [15, 60];

function button(className, pressed) {
  const made = make("button", className);
  made.type = "button";
  made.addEventListener("click", pressed);
  return made;
}

export class AlertRow {
  #alert = null;

  /** `actions` do what the buttons say (alert_actions.js), `pages` opens the page of a queue. */
  constructor(actions, pages) {
    this.pages = pages;
    this.shape = make("span", "alert-shape");
    this.shape.setAttribute("aria-hidden", "true");
    this.severity = make("span", "alert-severity");
    this.name = make("h3", "alert-name");
    this.where = make("p", "alert-where");
    this.runbook = make("a", "alert-runbook");
    this.runbook.target = "_blank";
    this.runbook.rel = "noreferrer";
    this.value = make("p", "alert-figure");
    this.limit = make("p", "alert-note");
    this.lasting = make("p", "alert-figure alert-lasting");
    this.since = make("p", "alert-note");
    this.state = make("p", "alert-state");
    this.note = make("p", "alert-note");
    this.take = button("alert-take", () => void actions.acknowledge(this.#alert));
    this.reason = button("alert-quiet", () => void actions.acknowledge(this.#alert, { asks: true }));
    this.release = button("alert-quiet", () => void actions.release(this.#alert));
    this.snoozes = SNOOZES_MIN.map((minutes) =>
      button("alert-quiet", () => void actions.snooze(this.#alert, minutes * 60_000)));
    this.buttons = make("div", "alert-buttons", this.take, this.release, this.reason, ...this.snoozes);
    this.buttons.setAttribute("role", "group");
    this.node = make(
      "li", "alert-row",
      make("div", "alert-level", this.shape, this.severity),
      make("div", "alert-what", this.name, make("div", "alert-place", this.where, this.runbook)),
      make("div", "alert-value", this.value, this.limit),
      make("div", "alert-time", this.lasting, this.since),
      make("div", "alert-who", this.state, this.note),
      this.buttons,
    );
  }

  show(alert, nowMs) {
    this.#alert = alert;
    const w = alertWords();
    setAttribute(this.node, "data-severity", alert.severity);
    setAttribute(this.node, "data-state", alert.state);
    toggle(this.node, "quiet", alert.snoozed || alert.silenced);
    setText(this.shape, severityShape(alert));
    setText(this.severity, w.severities[alert.severity]);
    setText(this.name, alertName(alert));
    const { queue = null, channel = null } = alert.labels;
    showQueueLink(this.where, this.pages, rowName(alert), queue, channel);
    this.#showRunbook(alert);
    setText(this.value, valueText(alert));
    const sample = isNumber(alert.sample) ? w.sample(count(alert.sample)) : "";
    setText(this.limit, [limitText(alert), sample].filter(Boolean).join(" · "));
    setAttribute(this.value.parentElement, "title", measureName(alert));
    setText(this.lasting, duration((nowMs - alert.since_ms) / 1000));
    setText(this.since, w.since(moment(alert.since_ms, nowMs)));
    const isTaken = alert.state === "acknowledged";
    const state = isTaken ? w.takenBy(alert.acknowledged_by) : w.states[alert.state];
    setText(this.state, `${SHAPES_OF_STATE[alert.state]} ${state}`);
    setText(this.note, this.#notes(alert, nowMs).join(" · "));
    this.#showButtons(alert);
  }

  #notes(alert, nowMs) {
    const w = alertWords();
    const said = [];
    if (alert.state === "acknowledged") said.push(moment(alert.acknowledged_ms, nowMs));
    if (alert.acknowledged_why) said.push(alert.acknowledged_why);
    if (alert.snoozed) said.push(w.snoozedUntil(moment(alert.snoozed_until_ms, nowMs)));
    if (alert.silenced) said.push(w.silenced);
    if (alert.reopened) said.push(w.reopened(alert.reopened));
    return said;
  }

  #showRunbook(alert) {
    const address = alert.links.runbook ?? "";
    // A settings' text: only what a browser opens as a page.
    this.runbook.hidden = !/^(https?:\/\/|\/[^/])/.test(address);
    if (this.runbook.hidden) return;
    setText(this.runbook, alertWords().runbook);
    setAttribute(this.runbook, "href", address);
  }

  #showButtons(alert) {
    const w = alertWords();
    const isTaken = alert.state === "acknowledged";
    const isOpen = isTaken || alert.state === "firing" || alert.state === "escalated";
    this.buttons.hidden = !isOpen;
    this.take.hidden = this.reason.hidden = isTaken;
    this.release.hidden = !isTaken;
    const texts = [
      [this.take, w.acknowledge], [this.reason, w.withReason], [this.release, w.release],
      ...this.snoozes.map((one, i) => [one, w.snooze(SNOOZES_MIN[i])]),
    ];
    for (const [one, text] of texts) {
      setText(one, text);
      setAttribute(one, "aria-label", w.about(text, alertName(alert), rowName(alert)));
    }
    // Beside the other one its length says enough to the eye.
    setText(this.snoozes[1], w.length(SNOOZES_MIN[1]));
  }
}
