// The states of the last four hours as bars: thin pending, full firing, half taken, nothing over.

import { arrange, byId, fit, make, setAttribute, setText } from "./dom.js";
import { count, moment } from "./format.js";
import { alertName, rowName, severityShape } from "./alert_facts.js";
import { alertWords } from "./alert_words.js";
import { words } from "./text.js";

export const SHOWN_MS = 4 * 3_600_000;
const HOUR_MS = 3_600_000;
const MOST_BARS = 10;
const LEGEND = ["pending", "firing", "escalated", "acknowledged"];

export class AlertTimeline {
  #bars = new Map();

  /** `alerts` in the order of the list; alerts of one rule and row share a bar. */
  show(alerts, nowMs) {
    const w = alertWords();
    setText(byId("alert-timeline-title"), w.timeline);
    const fromMs = nowMs - SHOWN_MS;
    const groups = new Map();
    for (const alert of alerts) {
      const spans = alert.spans.filter((span) => (span.end_ms ?? nowMs) > fromMs);
      if (!spans.length) continue;
      const key = JSON.stringify([alert.rule, alert.kind, alert.labels]);
      if (!groups.has(key)) groups.set(key, { alert, spans: [] });
      groups.get(key).spans.push(...spans);
    }
    const shown = [...groups].slice(0, MOST_BARS);
    arrange(byId("alert-timeline"), this.#bars, shown.map(([key]) => key), () => new Bar());
    for (const [key, group] of shown) this.#bars.get(key).show(group, fromMs, nowMs);
    this.#showHours(fromMs, nowMs);
    this.#showLegend();
    byId("alert-hours").hidden = byId("alert-legend").hidden = shown.length === 0;
    const more = groups.size - shown.length;
    setText(byId("alert-timeline-note"),
      !shown.length ? w.noTimeline : more > 0 ? words().more(count(more)) : "");
  }

  #showHours(fromMs, nowMs) {
    const hours = byId("alert-hours");
    const marks = [];
    for (let ms = Math.ceil(fromMs / HOUR_MS) * HOUR_MS; ms <= nowMs; ms += HOUR_MS) marks.push(ms);
    fit(hours, marks.length, () => make("span"));
    marks.forEach((ms, i) => {
      setText(hours.children[i], moment(ms, ms));
      hours.children[i].style.insetInlineStart = share(ms - fromMs);
    });
  }

  #showLegend() {
    const legend = byId("alert-legend");
    fit(legend, LEGEND.length, (i) => {
      const sample = make("i", "span");
      sample.dataset.state = LEGEND[i];
      return make("li", "", make("b", "alert-track", sample), make("span"));
    });
    LEGEND.forEach((state, i) =>
      setText(legend.children[i].lastElementChild, alertWords().states[state]));
  }
}

function share(ms) {
  return `${(Math.min(1, Math.max(0, ms / SHOWN_MS)) * 100).toFixed(2)}%`;
}

/** One rule in one row: its name, and a track with a piece for each stretch of a state. */
class Bar {
  constructor() {
    this.shape = make("span", "alert-shape");
    this.shape.setAttribute("aria-hidden", "true");
    this.name = make("span", "alert-bar-name");
    this.track = make("div", "alert-track");
    this.track.setAttribute("role", "img");
    this.node = make("li", "alert-bar", make("div", "alert-bar-head", this.shape, this.name), this.track);
  }

  show({ alert, spans }, fromMs, nowMs) {
    const w = alertWords();
    setAttribute(this.node, "data-severity", alert.severity);
    setText(this.shape, severityShape(alert));
    setText(this.name, `${alertName(alert)} · ${rowName(alert)}`);
    const ordered = [...spans].sort((a, b) => a.start_ms - b.start_ms);
    fit(this.track, ordered.length, () => make("i", "span"));
    ordered.forEach((span, i) => {
      const piece = this.track.children[i];
      const start = Math.max(span.start_ms, fromMs);
      setAttribute(piece, "data-state", span.state);
      piece.style.insetInlineStart = share(start - fromMs);
      piece.style.inlineSize = share((span.end_ms ?? nowMs) - start);
    });
    const said = ordered.map((span) => w.span(w.states[span.state], moment(span.start_ms, nowMs),
      span.end_ms === null ? w.now : moment(span.end_ms, nowMs)));
    setAttribute(this.track, "aria-label",
      `${w.severities[alert.severity]}, ${this.name.textContent}: ${said.join(", ")}`);
  }
}
