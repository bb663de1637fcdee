// What is over: the last alerts with how long they lasted, and how fast people are.

import { byId, fillHead, fit, make, setAttribute, setText } from "./dom.js";
import { DASH, count, duration, isNumber, moment } from "./format.js";
import { alertName, rowName, severityShape, untaken } from "./alert_facts.js";
import { alertWords } from "./alert_words.js";

const COLUMNS = ["alert", "over", "lasted", "taken"];
const TILES = ["untaken", "taken", "fired", "mtta", "mttr"];

export class AlertTiles {
  constructor() {
    this.tiles = new Map(TILES.map((id) => {
      const [name, value, note] = [make("h2"), make("p", "alert-tile-value"), make("p", "alert-note")];
      const node = make("article", "alert-tile", name, value, note);
      node.id = `alert-tile-${id}`;
      return [id, { node, name, value, note }];
    }));
    byId("alert-tiles").append(...[...this.tiles.values()].map(({ node }) => node));
  }

  /** `counts` of the list, `figures` of 24 hours; both may be unknown yet. */
  show(counts, figures) {
    const w = alertWords();
    setAttribute(byId("alert-tiles"), "aria-label", w.figures);
    const waiting = untaken(counts);
    const seconds = (ms) => (isNumber(ms) ? duration(ms / 1000) : DASH);
    const shown = {
      untaken: [count(waiting), "",
        counts?.unacknowledged.critical ? "alert" : waiting ? "watch" : "ok"],
      taken: [count(counts?.states.acknowledged), "", "none"],
      fired: [count(figures?.fired), "", "none"],
      mtta: [seconds(figures?.mtta_ms), sample(figures?.acknowledged_n), "none"],
      mttr: [seconds(figures?.mttr_ms), sample(figures?.resolved_n), "none"],
    };
    for (const [id, tile] of this.tiles) {
      const [value, note, level] = shown[id];
      setText(tile.name, w.tiles[id]);
      setText(tile.value, value);
      setText(tile.note, note);
      setAttribute(tile.node, "data-level", level);
    }
  }
}

function sample(n) {
  return isNumber(n) ? alertWords().sample(count(n)) : "";
}

export class AlertHistory {
  show(alerts, nowMs) {
    const w = alertWords();
    setText(byId("alert-history-title"), w.history);
    const head = byId("alert-history-head");
    fillHead(head, COLUMNS.map((name) => w.columns[name]));
    head.hidden = alerts.length === 0;
    const body = byId("alert-history-body");
    fit(body, alerts.length, line);
    alerts.forEach((alert, i) => fill(body.children[i], alert, nowMs));
    setText(byId("alert-history-note"), alerts.length ? "" : w.noHistory);
  }
}

function line() {
  const shape = make("span", "alert-shape");
  shape.setAttribute("aria-hidden", "true");
  const name = make("th", "", shape, make("span", "alert-over-name"), make("span", "alert-note"));
  name.scope = "row";
  return make("tr", "", name, make("td"), make("td"), make("td", "", make("span"),
    make("span", "alert-note")));
}

function fill(node, alert, nowMs) {
  const w = alertWords();
  const [name, over, lasted, taken] = node.children;
  setAttribute(node, "data-severity", alert.severity);
  setText(name.children[0], severityShape(alert));
  setText(name.children[1], alertName(alert));
  setText(name.children[2], rowName(alert));
  setAttribute(name, "title", `${w.severities[alert.severity]}: ${name.children[1].textContent}`);
  setText(over, moment(alert.resolved_ms, nowMs));
  setText(lasted, duration(alert.duration_ms / 1000));
  setText(taken.children[0], alert.acknowledged_by || w.nobody);
  const tookMs = isNumber(alert.acknowledged_ms) ? alert.acknowledged_ms - alert.since_ms : null;
  setText(taken.children[1], isNumber(tookMs) ? w.after(duration(tookMs / 1000)) : "");
}
