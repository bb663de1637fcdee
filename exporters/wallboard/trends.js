// The page of trends: each figure against the same stretch of earlier weeks, and its last days.

import { showButtons } from "./buttons.js";
import { byId, fillHead, make, setAttribute, setText, toggle } from "./dom.js";
import { DASH, channelName, decimal, isNumber, percent, windowName } from "./format.js";
import { Figure, HEADLINE_LABELS, read, show } from "./figures.js";
import { getJson } from "./requests.js";
import { SHAPES } from "./judge.js";
import { Spark } from "./spark.js";
import { words } from "./text.js";

const REFRESH_MS = 60_000;
const RETRY_MS = 5_000;
const WINDOWS = ["today", "interval_30m_last", "interval_15m_last"];
const MOST_LEAVES = 4;
const COLUMNS = ["figure", "now", "usual", "difference", "verdict", "days", "slope"];
const LEVELS = { better: "ok", usual: "ok", higher: "none", lower: "none", worse: "watch" };

export class TrendsPage {
  #answer = null;
  #failed = false;
  #timer = 0;
  #asked = 0;
  #catalogue = new Map();
  #board = null;

  /** `follows()` is called when the stream should be asked for something else. */
  constructor(choices, follows) {
    this.choices = choices;
    this.follows = follows;
    this.lines = [];
    byId("trends-row").addEventListener("change", (event) => {
      this.choices.set("trend_row", event.target.value);
      this.follows();
      this.#draw();
    });
  }

  /** Starts to ask; each look at the page asks at once, then every minute. */
  open(catalogue) {
    this.#catalogue = catalogue;
    void this.#load();
  }

  close() {
    clearTimeout(this.#timer);
    this.#asked += 1;
  }

  async #load() {
    clearTimeout(this.#timer);
    const asked = (this.#asked += 1);
    const window = this.#window();
    this.#draw();
    try {
      const answer = await getJson(`/api/trends?window=${encodeURIComponent(window)}`);
      if (asked !== this.#asked) return;
      const isFirst = this.#answer === null;
      this.#answer = { window, kpis: answer.kpis, rows: rowsOf(answer) };
      this.#failed = false;
      if (isFirst) this.follows();
    } catch {
      if (asked !== this.#asked) return;
      this.#failed = true;
    }
    this.#draw();
    this.#timer = setTimeout(() => void this.#load(), this.#failed ? RETRY_MS : REFRESH_MS);
  }

  #window() {
    return this.choices.get("trend_window", (name) => WINDOWS.includes(name)) ?? WINDOWS[0];
  }

  /** What of the board stands beside the trends: the figures of now, where nothing is compared. */
  asked() {
    const list = this.choices.get("trend_row", () => true)?.split("|")[0];
    return { kpis: this.#answer?.kpis ?? [], rows: LISTS.includes(list) ? [list] : [] };
  }

  /** Shows what is known in the language of now. */
  show(catalogue, board) {
    this.#catalogue = catalogue;
    this.#board = board;
    this.#draw();
  }

  /** The live row of the board, empty when it has none. */
  #live(row) {
    const window = this.#board?.windows[this.#window()];
    return (row.list ? window?.[row.list]?.[row.name] : window?.total) ?? {};
  }

  #draw() {
    const w = words().trends;
    setText(byId("trends-title"), w.title);
    this.#showWindows();
    const rows = this.#answer?.window === this.#window() ? this.#answer.rows : [];
    const row = this.#showRows(rows);
    fillHead(byId("trends-head"), COLUMNS.map((name) => w.columns[name]));
    const lines = row ? linesOf(row.changes, this.#catalogue) : [];
    this.#showLines(lines, row ? this.#live(row) : {});
    const note = this.#failed ? w.failed : !this.#answer ? words().connecting
      : lines.length === 0 ? words().noFigures
      : lines.some(({ change }) => change.trend) ? w.note : `${w.tooEarly} ${w.note}`;
    setText(byId("trends-note"), note);
  }

  #showWindows() {
    showButtons(byId("trends-windows"), {
      label: words().windows, values: WINDOWS, chosen: this.#window(),
      nameOf: (name) => windowName(name.replace("_last", "")),
      choose: (name) => {
        this.choices.set("trend_window", name);
        void this.#load();
      },
    });
  }

  #showRows(rows) {
    const select = byId("trends-row");
    const keys = rows.map((row) => keyOf(row));
    const chosen = this.choices.get("trend_row", (key) => keys.includes(key)) ?? keys[0];
    if (JSON.stringify([...select.options].map((o) => o.value)) !== JSON.stringify(keys)) {
      select.replaceChildren(...keys.map((key) => {
        const option = make("option");
        option.value = key;
        return option;
      }));
    }
    setAttribute(select, "aria-label", words().trends.row);
    rows.forEach((row, i) => setText(select.options[i], rowName(row)));
    select.hidden = rows.length < 2;
    if (chosen !== undefined && select.value !== chosen) select.value = chosen;
    return rows[keys.indexOf(chosen)];
  }

  #showLines(lines, live) {
    const body = byId("trends-body");
    while (this.lines.length > lines.length) this.lines.pop().node.remove();
    lines.forEach((line, i) => {
      if (!this.lines[i]) {
        this.lines.push(new Line());
        body.append(this.lines[i].node);
      }
      this.lines[i].show(line, live);
    });
  }
}

/** One figure: what it is, what is usual, how far off, and its last eight days. */
class Line {
  constructor() {
    this.cells = Object.fromEntries(COLUMNS.map((name) => [
      name, make(name === "figure" ? "th" : "td", `trend-${name}`),
    ]));
    this.cells.figure.scope = "row";
    this.now = make("span", "figure");
    this.cells.now.append(this.now);
    this.usual = make("span");
    this.range = make("span", "sample");
    this.cells.usual.append(this.usual, this.range);
    this.spark = new Spark();
    this.cells.days.append(this.spark.node);
    this.node = make("tr", "", ...Object.values(this.cells));
  }

  show({ figure, change }, live) {
    const w = words().trends;
    const { kpi } = figure;
    const { trend, days } = change;
    const now = trend?.now ?? read(figure, live).value;
    const level = trend?.direction ? LEVELS[trend.direction] : "none";
    setText(this.cells.figure, figure.name);
    setText(this.now, show(kpi, now));
    setAttribute(this.now, "data-level", level);
    setText(this.usual, trend ? show(kpi, trend.baseline) : DASH);
    setText(this.range, trend && isNumber(trend.low)
      ? `${show(kpi, trend.low)} – ${show(kpi, trend.high)}` : "");
    setText(this.cells.difference, trend ? difference(kpi, trend) : DASH);
    setText(this.cells.verdict, trend?.direction ? `${SHAPES[level]} ${w.directions[trend.direction]}`
      : trend ? w.noSpread : w.tooFew);
    setAttribute(this.cells.verdict, "data-level", level);
    const points = days?.points ?? [];
    const known = points.filter(isNumber);
    const low = known.length ? Math.min(...known) : 0;
    this.spark.draw(points.map((value, i) => ({ timeMs: i, value })),
      { bottom: low - (Math.max(...known, low) - low || 1) * 0.2 });
    setText(this.cells.slope, days?.advisory ? `▲ ${w.advisory(days.worsening)}`
      : isNumber(days?.slope_per_day) ? w.perDay(signed(kpi, days.slope_per_day)) : DASH);
    toggle(this.cells.slope, "advised", Boolean(days?.advisory));
  }
}

const LISTS = ["channels", "queues", "teams", "motives", "surveys", "themes", "items", "tools",
  "segments"];

/** The rows of an answer in one list, everything together first. */
function rowsOf(answer) {
  const named = LISTS.flatMap((list) => Object.entries(answer[list] ?? {})
    .map(([name, changes]) => ({ list, name, changes })));
  return [{ list: "", name: "", changes: answer.total }, ...named];
}

function keyOf({ list, name }) {
  return `${list}|${name}`;
}

function rowName({ list, name }) {
  const w = words();
  if (!list) return w.trends.all;
  return `${w.listNames[list]}: ${list === "channels" ? channelName(name) : name}`;
}

/** The leaves of a row's changes; of many variants only the plain ones. */
function linesOf(changes, catalogue) {
  return Object.entries(changes).flatMap(([id, found]) => {
    const kpi = catalogue.get(id);
    if (!kpi) return [];
    const all = changed(found);
    const plain = all.filter(([labels]) => labels.every((label) => HEADLINE_LABELS.has(label)));
    return (plain.length ? plain : all.slice(0, MOST_LEAVES))
      .map(([labels, change]) => ({ figure: new Figure(kpi, labels), change }));
  });
}

function changed(found, path = []) {
  if (found && typeof found === "object" && "days" in found) return [[path, found]];
  return Object.entries(found ?? {}).flatMap(([label, inner]) => changed(inner, [...path, label]));
}

function difference(kpi, { difference: by, ratio }) {
  const own = signed(kpi, by);
  // Of a ratio the points are enough: per cent of per cent confuse.
  if (kpi.unit === "ratio" || !isNumber(ratio)) return own;
  return `${own} (${ratio >= 1 ? "+" : "−"}${percent(Math.abs(ratio - 1), 0)})`;
}

function signed(kpi, value) {
  if (!isNumber(value)) return DASH;
  const sign = value > 0 ? "+" : value < 0 ? "−" : "±";
  const size = Math.abs(value);
  if (kpi.unit === "ratio") return `${sign}${decimal(size * 100, 1)} ${words().trends.points}`;
  if (kpi.unit === "count") return `${sign}${decimal(size, 1)}`;
  return sign + show(kpi, size);
}
