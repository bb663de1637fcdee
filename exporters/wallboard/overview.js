// The overview: below the headline numbers the queues in trouble and why, the open alerts, and the
// centre as a whole. Made to be read from the other end of a room.

import { alertName, rowName, severityShape } from "./alert_facts.js";
import { arrange, byId, fit, make, setAttribute, setText, toggle } from "./dom.js";
import { channelName, count, duration, isNumber, windowName } from "./format.js";
import { SHAPES, urgency } from "./judge.js";
import { pageWords } from "./page_words.js";
import { RiskOrder } from "./risk_order.js";
import { isPlain, rove } from "./rove.js";
import { Status } from "./status.js";
import { troubled } from "./trouble.js";

/** What the overview asks for beyond the headline and the queues. */
export const OVERVIEW_KPIS = [
  "contacts_entered", "contacts_in_progress", "contacts_in_wrap_up", "agents_logged_in",
  "agents_paused",
];

const MOST_QUEUES = 6;
const MOST_REASONS = 3;
const MOST_ALERTS = 4;

class TroubleRow {
  constructor(pages) {
    this.status = new Status();
    this.name = make("span", "trouble-name");
    this.channel = make("span", "trouble-channel");
    this.why = make("span", "trouble-why");
    this.waiting = make("span", "trouble-figure");
    this.waitingLabel = make("span", "trouble-label");
    this.longest = make("span", "trouble-figure");
    this.longestLabel = make("span", "trouble-label");
    this.link = make(
      "a", "trouble-link", this.status.node,
      make("span", "trouble-what", make("span", "trouble-place", this.name, this.channel), this.why),
      make("span", "trouble-number", this.waiting, this.waitingLabel),
      make("span", "trouble-number", this.longest, this.longestLabel),
    );
    this.link.addEventListener("click", (event) => {
      if (!isPlain(event)) return;
      event.preventDefault();
      pages.openQueue(this.row.queue, this.row.channel);
    });
    this.pages = pages;
    this.node = make("li", "trouble-row", this.link);
  }

  show(row) {
    this.row = row;
    const w = pageWords().trouble;
    setAttribute(this.node, "data-level", row.level);
    setAttribute(this.link, "href", this.pages.queueAddress(row.queue, row.channel));
    this.status.show(row.level);
    setText(this.name, row.queue);
    setText(this.channel, channelName(row.channel));
    const why = row.why.slice(0, MOST_REASONS);
    fit(this.why, why.length, () => make("span", "trouble-reason"));
    why.forEach(({ level, text }, i) => {
      setText(this.why.children[i], text);
      setAttribute(this.why.children[i], "data-level", level);
    });
    setText(this.waiting, count(row.waiting));
    setAttribute(this.waiting, "data-level", row.waitingLevel);
    setText(this.waitingLabel, w.waiting);
    setText(this.longest, duration(row.longest));
    setAttribute(this.longest, "data-level", row.over > 0 ? "alert" : "none");
    setText(this.longestLabel, w.longest);
  }
}

export class Overview {
  #rows = new Map();
  #order = new RiskOrder();
  #known = null;

  /** `pages` opens queues and pages. */
  constructor(pages) {
    this.pages = pages;
    rove(byId("trouble-list"), ".trouble-link");
    byId("overview-alerts-all").addEventListener("click", (event) => {
      if (!isPlain(event)) return;
      event.preventDefault();
      pages.choose("alerts");
    });
  }

  /** `rows` are those of the queues, `alerts` what is known of the alerts: {isOn, isStale, answer}. */
  show(rows, board, windowName_, alerts) {
    const minSample = board.settings.min_sample;
    const all = rows.map((row) => troubled(row, minSample));
    const bad = all.filter(({ level }) => level === "alert" || level === "watch");
    this.#showTrouble(all, bad);
    this.#say(bad);
    this.#showCentre(board.windows[windowName_]?.total ?? {}, windowName_);
    this.showAlerts(alerts);
  }

  #showTrouble(all, bad) {
    const w = pageWords().trouble;
    setText(byId("trouble-title"), w.title);
    const byKey = new Map(bad.map((row) => [row.key, row]));
    const order = this.#order.of(bad).slice(0, MOST_QUEUES);
    arrange(byId("trouble-list"), this.#rows, order, () => new TroubleRow(this.pages));
    for (const key of order) this.#rows.get(key).show(byKey.get(key));
    toggle(byId("trouble"), "few", bad.length <= 3);
    const none = byId("trouble-none");
    none.hidden = bad.length > 0;
    setText(none, all.length ? `${SHAPES.ok} ${w.none}` : w.nothing);
    toggle(none, "good", all.length > 0);
    const fine = all.length - bad.length;
    setText(byId("trouble-fine"), all.length ? w.fine(count(fine), count(all.length)) : "");
    const more = bad.length - order.length;
    setText(byId("trouble-more"), more > 0 ? w.more(count(more)) : "");
  }

  /** Tells a screen reader of queues that turned to alert since the last message. */
  #say(bad) {
    const now = new Map(bad.filter(({ level }) => urgency(level) === urgency("alert"))
      .map((row) => [row.key, row]));
    const fresh = this.#known ? [...now.values()].filter(({ key }) => !this.#known.has(key)) : [];
    this.#known = new Set(now.keys());
    if (!fresh.length) return;
    const w = pageWords().trouble;
    setText(byId("trouble-said"),
      fresh.slice(0, MOST_QUEUES).map((row) => w.said(row.queue, row.why[0]?.text ?? "")).join(". "));
  }

  #showCentre(total, windowName_) {
    const w = pageWords().centre;
    setText(byId("centre-title"), w.title);
    const paused = Object.values(total.agents_paused ?? {}).filter(isNumber);
    const facts = [
      [w.inProgress, count(total.contacts_in_progress)],
      [w.wrapUp, count(total.contacts_in_wrap_up)],
      [w.loggedIn, count(total.agents_logged_in)],
      [w.paused, count(total.agents_paused ? paused.reduce((a, b) => a + b, 0) : null)],
      [w.entered(windowName(windowName_)), count(total.contacts_entered)],
      [w.abandoned(windowName(windowName_)), count(total.contacts_abandoned)],
    ];
    const list = byId("centre");
    fit(list, facts.length, () => make("div", "", make("dt"), make("dd")));
    facts.forEach(([name, value], i) => {
      setText(list.children[i].firstElementChild, name);
      setText(list.children[i].lastElementChild, value);
    });
  }

  showAlerts({ isOn, isStale, answer }) {
    const w = pageWords().openAlerts;
    byId("overview-alerts").hidden = !isOn;
    if (!isOn) return;
    setText(byId("overview-alerts-title"), w.title);
    setText(byId("overview-alerts-all"), w.all);
    setAttribute(byId("overview-alerts-all"), "href", this.pages.addressOf("alerts"));
    const open = (answer?.alerts ?? []).filter(({ state }) => state !== "pending" && state !== "resolved");
    const severities = answer?.counts.severities ?? {};
    const counts = [
      ["alert", severities.critical, w.critical], ["watch", severities.warning, w.warning],
      ["ok", answer?.counts.states.acknowledged, w.taken],
    ];
    const tally = byId("overview-alerts-count");
    fit(tally, counts.length, () => make("li", "", make("strong"), make("span")));
    counts.forEach(([level, n, name], i) => {
      const shape = level === "ok" ? "✓" : SHAPES[level];
      setText(tally.children[i].firstElementChild, `${shape} ${isStale ? "?" : count(n)}`);
      setText(tally.children[i].lastElementChild, name);
      setAttribute(tally.children[i], "data-level", n > 0 && !isStale ? level : "none");
    });
    const list = byId("overview-alerts-list");
    const shown = isStale ? [] : open.slice(0, MOST_ALERTS);
    fit(list, shown.length, () =>
      make("li", "", make("span", "overview-alert-shape"), make("span", "overview-alert-name"),
        make("span", "overview-alert-who")));
    shown.forEach((alert, i) => {
      const [shape, name, who] = list.children[i].children;
      setAttribute(list.children[i], "data-severity", alert.severity);
      setText(shape, severityShape(alert));
      setText(name, `${alertName(alert)} · ${rowName(alert)}`);
      setText(who, alert.state === "acknowledged" ? w.by(alert.acknowledged_by) : w.nobody);
    });
    const said = byId("overview-alerts-none");
    setText(said, isStale ? `■ ${w.unknown}` : shown.length || !answer ? "" : `${SHAPES.ok} ${w.none}`);
    toggle(said, "bad", isStale);
  }
}
