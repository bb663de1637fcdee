// The day of a queue by half hour: the service level against its target above, the volume below,
// and the same numbers as a table for who cannot or will not read bars.

import { byId, fillHead, fit, make, setAttribute, setText, toggle } from "./dom.js";
import { count, duration, hourOf, isNumber, percent } from "./format.js";
import * as judge from "./judge.js";
import { pageWords } from "./page_words.js";

const LEAST_SHOWN = 16;

export class DayChart {
  constructor() {
    this.levels = byId("day-levels");
    this.volumes = byId("day-volumes");
    this.goal = make("span", "day-goal");
    this.levelBars = make("div", "day-bars");
    this.levels.append(this.levelBars, this.goal);
  }

  /** `day` is the answer of the server, or null while there is none. */
  show(day, minSample) {
    const w = pageWords().queue;
    setText(byId("day-title"), w.day);
    const points = trimmed(day?.half_hours ?? []);
    const isEmpty = !points.some(({ offered }) => offered > 0);
    byId("day-chart").hidden = isEmpty;
    const none = byId("day-none");
    none.hidden = !isEmpty || !day;
    setText(none, w.dayNone);
    if (isEmpty) return;
    const { zone, target } = day;
    const levelOf = (point) => judge.serviceLevel(point.service_level, point.offered, target, minSample);
    setText(byId("day-level-label"), w.dayLevel(percent(target, 0)));
    setText(byId("day-volume-label"), w.dayVolume);
    setText(byId("day-answered"), w.dayLegend.answered);
    setText(byId("day-abandoned"), w.dayLegend.abandoned);
    this.#showBars(points, zone, levelOf, w);
    this.goal.style.insetBlockEnd = `${(target * 100).toFixed(1)}%`;
    setAttribute(byId("day-chart"), "aria-label", said(points, zone, target, minSample));
    this.#showTable(points, zone, levelOf, w);
  }

  #showBars(points, zone, levelOf, w) {
    const most = Math.max(1, ...points.map(({ offered }) => offered));
    const size = (part) => `${(Math.min(1, part) * 100).toFixed(1)}%`;
    fit(this.levelBars, points.length, () => make("div", "day-slot", make("span", "day-level")));
    fit(this.volumes, points.length, () =>
      make("div", "day-slot", make("span", "day-abandoned"), make("span", "day-answered")));
    fit(byId("day-hours"), points.length, () => make("span"));
    points.forEach((point, i) => {
      const from = hourOf(point.start_ms, zone);
      const bar = this.levelBars.children[i].firstElementChild;
      bar.style.blockSize = isNumber(point.service_level) ? size(point.service_level) : "0";
      toggle(bar, "zero", point.service_level === 0);
      setAttribute(bar, "data-level", levelOf(point));
      const title = w.dayPoint(from, count(point.offered), count(point.abandoned),
        percent(point.service_level));
      setAttribute(this.levelBars.children[i], "title", title);
      setAttribute(this.volumes.children[i], "title", title);
      const [abandoned, answered] = this.volumes.children[i].children;
      abandoned.style.blockSize = size(point.abandoned / most);
      answered.style.blockSize = size(Math.max(0, point.offered - point.abandoned) / most);
      const isEven = from.endsWith(":00") && Number(from.slice(0, 2)) % 2 === 0;
      setText(byId("day-hours").children[i], isEven ? from : "");
    });
    setText(byId("day-most"), count(most));
  }

  #showTable(points, zone, levelOf, w) {
    setText(byId("day-table-open"), w.dayTable);
    fillHead(byId("day-table-head"), Object.values(w.dayColumns));
    const shown = points.filter(({ offered }) => offered > 0).reverse();
    const body = byId("day-table-body");
    fit(body, shown.length, () => make("tr", "", make("th"), ...Array.from({ length: 6 }, () => make("td"))));
    shown.forEach((point, i) => {
      const cells = body.children[i].children;
      cells[0].scope = "row";
      const level = levelOf(point);
      const shape = level === "none" || level === "ok" ? "" : `${judge.SHAPES[level]} `;
      [hourOf(point.start_ms, zone), count(point.offered), count(point.answered),
        count(point.abandoned), shape + percent(point.service_level), duration(point.asa_seconds),
        duration(point.aht_seconds)].forEach((text, n) => setText(cells[n], text));
      setAttribute(cells[4], "data-level", level);
      toggle(body.children[i], "thin", level === "none");
    });
  }
}

/** Without the empty half hours before the first contact; at least a working day's worth. */
function trimmed(points) {
  const first = points.findIndex(({ offered }) => offered > 0);
  return points.slice(Math.max(0, Math.min(first, points.length - LEAST_SHOWN)));
}

function said(points, zone, target, minSample) {
  const w = pageWords().queue;
  const judged = points.filter(({ service_level: level, offered }) =>
    isNumber(level) && offered >= minSample);
  if (!judged.length) return `${w.day}: ${w.daySaidNone}`;
  const good = judged.filter(({ service_level: level }) => level >= target).length;
  const worst = judged.reduce((a, b) => (b.service_level < a.service_level ? b : a));
  return `${w.day}: ${w.daySaid(count(good), count(judged.length), hourOf(worst.start_ms, zone),
    percent(worst.service_level))}`;
}
