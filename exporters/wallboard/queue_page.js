// One queue: its numbers, who waits, its day, its alerts, how many agents would do, its settings.

import { alertName, limitText, rowName, severityShape, valueText } from "./alert_facts.js";
import { alertWords } from "./alert_words.js";
import { DayChart } from "./day_chart.js";
import { byId, fillHead, fit, make, setAttribute, setText, toggle } from "./dom.js";
import {
  channelName, count, duration, limit, moment, percent, windowName,
} from "./format.js";
import * as judge from "./judge.js";
import { pageWords } from "./page_words.js";
import { hoursText } from "./queue_hours.js";
import { QueueLine } from "./queue_line.js";
import { getJson } from "./requests.js";
import { headline, queueRows } from "./rows.js";
import { isPlain } from "./rove.js";
import { staffingTexts } from "./staffing.js";
import { Status } from "./status.js";
import { words } from "./text.js";
import { Tiles } from "./tiles.js";
import { troubled } from "./trouble.js";

const REFRESH_MS = 2_000;
const SLOW_REFRESH_MS = 15_000;
/** Until the first board has come. */
const SOON_MS = 100;
const TICK_MS = 1_000;
/** So long the waits go on by themselves; without an answer they stand still. */
const TICKS_FOR_MS = 5_000;
const MOST_ALERTS = 8;

const SLOW = {
  day: (path, query) => `${path}/day${query}`,
  staffing: () => "/api/staffing",
};

export class QueuePage {
  #asked = null;
  #answer = null;
  #receivedAt = 0;
  #problem = "";
  #slow = {};
  #slowAt = -Infinity;
  #alerts = null;
  #timer = 0;
  #ticks = 0;
  #turn = 0;

  /**
   * `pages` leads back, `seen` keeps the small lines. `window()` is the chosen one, `catalogue()`
   * maps ids to KPIs, `queues()` are those that there are, null while nobody knows.
   */
  constructor(pages, seen, { window, catalogue, queues }) {
    this.pages = pages;
    this.window = window;
    this.catalogue = catalogue;
    this.queues = queues;
    this.tiles = new Tiles(seen, byId("queue-tiles"), "queue-");
    this.status = new Status();
    byId("queue-status").append(this.status.node);
    this.chart = new DayChart();
    this.line = new QueueLine();
    byId("queue-back").addEventListener("click", (event) => {
      if (!isPlain(event)) return;
      event.preventDefault();
      pages.choose("queues");
    });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) void this.#load(); });
  }

  /** Shows a queue from now on, {queue, channel}; null for none. */
  turn(asked) {
    if (JSON.stringify(asked) === JSON.stringify(this.#asked)) return;
    const isOther = asked?.queue !== this.#answer?.queue
      || (asked?.channel ?? this.#answer?.channel) !== this.#answer?.channel;
    this.#asked = asked;
    clearTimeout(this.#timer);
    clearInterval(this.#ticks);
    if (isOther) {
      this.#answer = this.#alerts = null;
      this.#slow = {};
      this.#problem = "";
    }
    this.#slowAt = -Infinity;
    if (!asked) return;
    this.#ticks = setInterval(() => this.#tick(), TICK_MS);
    void this.#load();
  }

  async #load() {
    clearTimeout(this.#timer);
    if (!this.#asked) return;
    const turn = (this.#turn += 1);
    try {
      if (!document.hidden) await this.#ask(turn);
    } catch (problem) {
      if (turn !== this.#turn) return;
      this.#problem = problem.status === 404 ? "unknown" : "failed";
      if (problem.status === 404) this.#answer = null;
    }
    if (turn !== this.#turn) return;
    this.show();
    const pauseMs = this.queues() ? REFRESH_MS : SOON_MS;
    if (this.#asked) this.#timer = setTimeout(() => void this.#load(), pauseMs);
  }

  async #ask(turn) {
    const { queue, channel } = this.#asked;
    const known = this.queues();
    if (!known) return;
    // A queue that there is not is not asked for: the browser would note an error each time.
    if (!known.some((one) => one.queue === queue && (!channel || one.channel === channel))) {
      this.#problem = "unknown";
      this.#answer = null;
      return;
    }
    const path = `/api/queues/${encodeURIComponent(queue)}`;
    const query = channel ? `?${new URLSearchParams({ channel })}` : "";
    const answer = await getJson(path + query);
    if (turn !== this.#turn) return;
    this.#answer = answer;
    this.#receivedAt = performance.now();
    this.#problem = "";
    this.show();
    await this.#askSlowly(turn, path, query, queue);
  }

  async #askSlowly(turn, path, query, queue) {
    const wanted = [this.#askAlerts(queue)];
    if (performance.now() - this.#slowAt >= SLOW_REFRESH_MS) {
      this.#slowAt = performance.now();
      for (const [name, address] of Object.entries(SLOW)) {
        wanted.push(getJson(address(path, query)).then((found) => {
          if (turn === this.#turn) this.#slow[name] = found;
        }).catch(() => {
          if (turn === this.#turn && name === "staffing") this.#slow[name] = null; // no old hint
        }));
      }
    }
    await Promise.all(wanted);
  }

  async #askAlerts(queue) {
    if (!this.pages.has("alerts")) return;
    const query = new URLSearchParams({ state: "open", queue, limit: "20" });
    try {
      this.#alerts = await getJson(`/api/alerts?${query}`);
    } catch {
      this.#alerts = null;
    }
  }

  #nowMs() {
    return this.#answer.as_of_ms + Math.min(TICKS_FOR_MS, performance.now() - this.#receivedAt);
  }

  #tick() {
    if (this.#answer && !document.hidden) this.line.show(this.#answer, this.#nowMs());
  }

  show() {
    if (!this.#asked) return;
    const w = pageWords().queue;
    setText(byId("queue-back-text"), w.back);
    setAttribute(byId("queue-back"), "href", this.pages.addressOf("queues"));
    byId("queue-body").hidden = !this.#answer;
    const problem = byId("queue-problem");
    problem.hidden = !this.#problem;
    setText(problem, this.#problem === "unknown" ? `${w.unknown(this.#asked.queue)} ${w.unknownHint}`
      : this.#problem ? w.failed : "");
    if (!this.#answer) {
      setText(byId("queue-name"), this.#asked.queue);
      setText(byId("queue-channel"), "");
      setText(byId("queue-why"), "");
      this.status.node.hidden = true;
      return;
    }
    this.status.node.hidden = false;
    this.#showNumbers(this.#answer);
    this.line.show(this.#answer, this.#nowMs());
    this.chart.show(this.#slow.day ?? null, this.#answer.settings.min_sample);
    this.#showWindows(this.#answer, w);
    this.#showAlerts(w);
    this.#showStaffing();
    this.#showSettings(this.#answer.settings, w);
    this.#showVariants(this.#answer);
  }

  /** The chosen window where the queue has it, else its first one. */
  #windowOf({ windows }) {
    return windows[this.window()] ? this.window() : Object.keys(windows)[0];
  }

  #showNumbers(answer) {
    const { queue, channel, settings } = answer;
    const chosen = this.#windowOf(answer);
    const kpis = { ...answer.windows[chosen], ...answer.live };
    const board = {
      settings: { queues: [{ queue, channel, ...settings }], min_sample: settings.min_sample },
      windows: { [chosen]: { total: kpis, pairs: [{ queue, channel, kpis }] } },
    };
    const rows = queueRows(board, chosen);
    const row = troubled(rows[0], settings.min_sample);
    setText(byId("queue-name"), queue);
    setText(byId("queue-channel"), channelName(channel));
    this.status.show(row.level);
    const why = byId("queue-why");
    const texts = row.why.length ? row.why : [{ level: "ok", text: pageWords().queue.fine }];
    fit(why, texts.length, () => make("span", "trouble-reason"));
    texts.forEach(({ level, text }, i) => {
      setText(why.children[i], text);
      setAttribute(why.children[i], "data-level", level);
    });
    this.tiles.show(headline(board, chosen, "all", rows), `${queue}|${channel}|${chosen}`,
      answer.as_of_ms);
  }

  #showWindows({ windows, settings }, w) {
    setText(byId("windows-title"), w.windows);
    const columns = Object.values(w.windowColumns);
    fillHead(byId("windows-head"), columns);
    const names = Object.keys(windows);
    const body = byId("windows-body");
    fit(body, names.length, () =>
      make("tr", "", make("th"), ...columns.slice(1).map(() => make("td"))));
    names.forEach((name, i) => {
      const kpis = windows[name];
      const cells = body.children[i].children;
      cells[0].scope = "row";
      const interval = name.endsWith("_last") ? name.slice(0, -"_last".length) : null;
      const level = kpis.service_level?.[settings.headline_variant];
      const judged = judge.serviceLevel(level, kpis.contacts_offered, settings.target, settings.min_sample);
      const shape = judged === "alert" || judged === "watch" ? `${judge.SHAPES[judged]} ` : "";
      [interval ? w.closed(windowName(interval)) : windowName(name), count(kpis.contacts_offered),
        count(kpis.contacts_answered), count(kpis.contacts_abandoned), shape + percent(level),
        percent(kpis.abandonment_rate?.of_offered), duration(kpis.asa_seconds?.queue),
        duration(kpis.aht_seconds)].forEach((text, n) => setText(cells[n], text));
      setAttribute(cells[4], "data-level", judged);
      toggle(body.children[i], "thin", !(kpis.contacts_offered >= settings.min_sample));
    });
  }

  #showAlerts(w) {
    const section = byId("queue-alerts");
    section.hidden = !this.#alerts;
    if (!this.#alerts) return;
    setText(byId("queue-alerts-title"), w.alerts);
    const { channel } = this.#answer;
    const open = this.#alerts.alerts.filter(({ labels, state }) =>
      state !== "resolved" && (!labels.channel || labels.channel === channel)).slice(0, MOST_ALERTS);
    const list = byId("queue-alerts-list");
    fit(list, open.length, () => make("li", "", make("span", "overview-alert-shape"),
      make("span", "overview-alert-name"), make("span", "queue-alert-value"), make("span", "overview-alert-who")));
    const states = alertWords().states;
    open.forEach((alert, i) => {
      const [shape, name, value, who] = list.children[i].children;
      setAttribute(list.children[i], "data-severity", alert.severity);
      setText(shape, severityShape(alert));
      setText(name, alertName(alert));
      setAttribute(name, "title", rowName(alert));
      setText(value, [valueText(alert), limitText(alert)].filter(Boolean).join(" "));
      setText(who, `${states[alert.state] ?? alert.state}, ${moment(alert.since_ms, this.#nowMs())}`);
    });
    const none = byId("queue-alerts-none");
    none.hidden = open.length > 0;
    setText(none, `${judge.SHAPES.ok} ${w.noAlerts}`);
  }

  #showStaffing() {
    const { queue, channel } = this.#answer;
    const found = this.#slow.staffing?.queues.find(
      (one) => one.queue === queue && one.channel === channel);
    byId("staffing").hidden = !found?.hint;
    if (!found?.hint) return;
    const texts = staffingTexts(found);
    setText(byId("staffing-title"), texts.title);
    setText(byId("staffing-hint"), texts.hint);
    setText(byId("staffing-inputs"), texts.inputs);
  }

  #showSettings(settings, w) {
    setText(byId("queue-settings-title"), w.settings);
    const names = w.settingNames;
    const facts = [
      [names.target, w.targetOf(percent(settings.target, 0), limit(settings.threshold_ms))],
      [names.short, w.under(limit(settings.short_limit_ms))],
      [names.risk, w.within(limit(settings.at_risk_within_ms))],
      [names.hours, [hoursText(settings.shifts), settings.shifts
        ? (settings.is_open ? `● ${w.isOpen}` : `○ ${w.isClosed}`) : ""].filter(Boolean).join(" · ")],
      [names.zone, settings.zone],
      ...(settings.team ? [[names.team, settings.team]] : []),
    ];
    const list = byId("queue-settings");
    fit(list, facts.length, () => make("div", "", make("dt"), make("dd")));
    facts.forEach(([name, value], i) => {
      setText(list.children[i].firstElementChild, name);
      setText(list.children[i].lastElementChild, value);
    });
  }

  #showVariants(answer) {
    const { windows, settings } = answer;
    const variants = this.catalogue().get("service_level")?.variants ?? [];
    byId("queue-variants").hidden = variants.length === 0;
    const chosen = this.#windowOf(answer);
    const values = windows[chosen]?.service_level ?? {};
    setText(byId("variants-title"), words().variantsTitle(windowName(chosen)));
    fillHead(byId("variants-head"), Object.values(words().variantColumns));
    const body = byId("variants-body");
    fit(body, variants.length, () => make("tr", "", make("td"), make("td"), make("td")));
    variants.forEach(({ label, code, formula }, i) => {
      const isHeadline = label === settings.headline_variant;
      const [name, value, text] = body.children[i].children;
      setText(name, `${code} ${label}${isHeadline ? ` (${words().headlineMark})` : ""}`);
      setText(value, percent(values[label], 2));
      setText(text, formula);
      toggle(body.children[i], "chosen", isHeadline);
    });
    setText(byId("variants-note"), words().variantsNote);
  }
}
