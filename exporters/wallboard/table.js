// The queue table, highest risk first.

import { arrange, byId, make, setAttribute, setText, toggle } from "./dom.js";
import { channelName, count, duration, isNumber, limit, percent } from "./format.js";
import { RiskOrder } from "./risk_order.js";
import { isPlain, rove } from "./rove.js";
import { Spark } from "./spark.js";
import { Status } from "./status.js";
import { words } from "./text.js";

const FEW_ROWS = 8;

const COLUMNS = [
  "level", "queue", "channel", "waiting", "longest", "risk", "service", "answered", "abandoned",
  "asa", "free", "busy",
];

class Row {
  constructor(pages) {
    this.node = make("tr");
    this.cells = Object.fromEntries(COLUMNS.map((name) => {
      const cell = make(name === "queue" ? "th" : "td", `col-${name}`);
      return [name, cell];
    }));
    this.cells.queue.scope = "row";
    this.status = new Status();
    this.cells.level.append(this.status.node);
    this.name = make("a", "queue-name");
    this.pages = pages;
    this.cells.queue.append(this.name);
    this.waiting = make("span", "figure");
    this.waitingSpark = new Spark();
    this.cells.waiting.append(this.waiting, this.waitingSpark.node);
    this.longest = make("span", "figure");
    this.longestLimit = make("span", "aside");
    this.cells.longest.append(this.longest, this.longestLimit);
    this.service = make("span", "figure");
    this.serviceTarget = make("span", "aside");
    this.serviceSample = make("span", "sample");
    this.serviceSpark = new Spark();
    this.cells.service.append(
      make("span", "stack", make("span", "", this.service, this.serviceTarget), this.serviceSample),
      this.serviceSpark.node,
    );
    this.node.append(...COLUMNS.map((name) => this.cells[name]));
    this.node.addEventListener("click", (event) => {
      if (!isPlain(event)) return;
      event.preventDefault();
      pages.openQueue(this.row.queue, this.row.channel);
    });
  }

  show(row) {
    this.row = row;
    const w = words();
    setAttribute(this.node, "data-level", row.level);
    this.status.show(row.level);
    setText(this.name, row.queue);
    setAttribute(this.name, "title", row.queue);
    setAttribute(this.name, "aria-label", w.open(row.queue));
    setAttribute(this.name, "href", this.pages.queueAddress(row.queue, row.channel));
    setText(this.cells.channel, channelName(row.channel));
    setText(this.waiting, count(row.waiting));
    setAttribute(this.waiting, "data-level", row.waitingLevel);
    setText(this.longest, duration(row.longest));
    setText(this.longestLimit, w.ofTarget(limit(row.policy.threshold_ms)));
    setAttribute(this.longest, "data-level", row.over > 0 ? "alert" : "ok");
    setText(this.cells.risk, count(row.atRisk));
    setText(this.service, percent(row.serviceLevel));
    setText(this.serviceTarget, w.ofTarget(percent(row.policy.target, 0)));
    setText(this.serviceSample, `n = ${count(row.offered)}`);
    setAttribute(this.service, "data-level", row.serviceLevelLevel);
    toggle(this.cells.service, "thin", row.thin && isNumber(row.serviceLevel));
    setText(this.cells.answered, count(row.answered));
    setText(this.cells.abandoned, count(row.abandoned));
    setText(this.cells.asa, duration(row.asa));
    setText(this.cells.free, count(row.available));
    setAttribute(this.cells.free, "data-level", row.agentsLevel);
    setText(this.cells.busy, count(row.occupied));
  }
}

export class QueueTable {
  #rows = new Map();
  #order = new RiskOrder();

  /** `pages` opens the page of a queue. */
  constructor(history, pages) {
    this.history = history;
    this.pages = pages;
    rove(byId("queues-body"), ".queue-name");
    this.head = COLUMNS.map((name) => {
      const cell = make("th", `col-${name}`);
      cell.scope = "col";
      return [name, cell];
    });
    byId("queues-head").append(...this.head.map(([, cell]) => cell));
  }

  show(rows, windowName, timeMs) {
    for (const [name, cell] of this.head) setText(cell, words().columns[name]);
    setText(byId("queues-caption"), words().queuesCaption);
    setText(byId("queues-empty"), words().noQueues);
    byId("queues-empty").hidden = rows.length > 0;
    toggle(byId("queues"), "few", rows.length <= FEW_ROWS);
    const current = new Map(rows.map((row) => [row.key, row]));
    const order = this.#order.of(rows);
    arrange(byId("queues-body"), this.#rows, order, () => new Row(this.pages));
    for (const key of order) this.#showRow(current.get(key), windowName, timeMs);
  }

  #showRow(row, windowName, timeMs) {
    const shown = this.#rows.get(row.key);
    shown.show(row);
    const [waiting, service] = [`${row.key}|waiting`, `${windowName}|${row.key}|service`];
    this.history.add(waiting, timeMs, row.waiting);
    this.history.add(service, timeMs, row.serviceLevel);
    shown.waitingSpark.draw(this.history.points(waiting), { top: 5 });
    shown.serviceSpark.draw(this.history.points(service), { top: 1, goal: row.policy.target });
  }
}
