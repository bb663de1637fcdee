// A page of figures, made from the catalogue: the leading ones large, the others as cards, and a
// table of the leading ones by queue, survey, motive or what else has them.

import { showButtons } from "./buttons.js";
import { byId, fillHead, fit, make, setAttribute, setText, toggle } from "./dom.js";
import { channelName, count, isNumber } from "./format.js";
import { goals, judge, kpiName, leaves, nText, read, sampleOf, sampleText, show } from "./figures.js";
import { shortfall } from "./judge.js";
import { labelName } from "./labels.js";
import { showQueueLink } from "./queue_link.js";
import { Tile } from "./tiles.js";
import { words } from "./text.js";

const MOST_ROWS = 12;
const MOST_LEAVES = 14;

/** Large tiles of some figures; the same for a page's own leads and for the chosen headline. */
export class LeadTiles {
  #tiles = new Map();

  constructor(node, history) {
    this.node = node;
    this.history = history;
  }

  /** `figures` are {figure, row, of}: where a figure is read and, if not the centre, of what. */
  show(figures, name, timeMs, minSample) {
    const wanted = figures.map(({ figure, of }) => `${figure.path}@${of ?? ""}`);
    if (JSON.stringify([...this.#tiles.keys()]) !== JSON.stringify(wanted)) {
      this.#tiles = new Map(
        wanted.map((key, i) => [key, new Tile(figures[i].figure.path.replace(/\W/g, "-"))]),
      );
      this.node.replaceChildren(...[...this.#tiles.values()].map((tile) => tile.node));
      this.node.style.setProperty("--tiles", String(wanted.length));
    }
    figures.forEach(({ figure, row, of, references }, i) => {
      const { value, provisional } = read(figure, row);
      const n = sampleOf(figure.kpi, row);
      const known = references ?? figure.kpi.references;
      const parts = [provisional ? `◌ ${words().provisional}` : "", sampleText(figure.kpi, n, minSample), of];
      const tile = this.#tiles.get(wanted[i]);
      tile.show({
        label: figure.name,
        value: show(figure.kpi, value),
        goal: goals(figure, known),
        sample: parts.filter(Boolean).join(" · "),
        level: judge(figure, value, n, minSample, known),
        thin: n !== null && n < minSample,
      });
      toggle(tile.node, "provisional", provisional);
      const key = `${name}|${wanted[i]}`;
      this.history.add(key, timeMs, value);
      tile.spark.draw(this.history.points(key), figure.kpi.unit === "ratio" ? { top: 1 } : {});
    });
  }
}

/** One KPI that does not lead: its value, or a bar for each value of its labels. */
class Card {
  constructor(kpi) {
    this.kpi = kpi;
    this.name = make("h3", "card-name");
    this.value = make("p", "card-value");
    this.note = make("p", "card-note");
    this.list = make("dl", "card-list");
    this.node = make("article", "card", this.name, this.value, this.list, this.note);
    this.node.id = `kpi-${kpi.id}`;
  }

  show(row, minSample) {
    const { kpi } = this;
    const value = row[kpi.id] ?? null;
    const parts = kpi.labels.length ? leaves(value) : [];
    const n = sampleOf(kpi, row);
    setText(this.name, kpiName(kpi));
    setAttribute(this.node, "title", kpi.formula);
    setText(this.value, kpi.labels.length && parts.length ? "" : show(kpi, value));
    this.#showList(parts.filter(([path]) => path.length), isNumber(n) && n < minSample);
    setText(this.note, sampleText(kpi, n, minSample));
    toggle(this.node, "thin", n !== null && n < minSample);
    toggle(this.node, "blank", !parts.some(([, leaf]) => isNumber(leaf)) && !isNumber(value));
  }

  #showList(parts, thin) {
    // Of many limits or reasons those with something in them.
    const full = parts.length > MOST_LEAVES ? parts.filter(([, leaf]) => leaf) : parts;
    const shown = full.slice(0, MOST_LEAVES);
    fit(this.list, 2 * shown.length, (i) =>
      (i % 2 ? make("dd", "", make("span", "bar-fill"), make("span")) : make("dt")));
    const largest = this.kpi.unit === "ratio" ? 1
      : Math.max(1e-9, ...shown.map(([, leaf]) => leaf ?? 0));
    shown.forEach(([path, leaf], i) => {
      const name = path.map((label, level) => labelName(this.kpi.labels[level], label))
        .filter(Boolean).join(", ");
      setText(this.list.children[2 * i], name);
      const [bar, number] = this.list.children[2 * i + 1].children;
      setText(number, show(this.kpi, leaf));
      const share = isNumber(leaf) && !thin ? Math.min(1, Math.max(0, leaf / largest)) : 0;
      bar.style.inlineSize = `${(share * 100).toFixed(1)}%`;
    });
    this.list.hidden = shown.length === 0;
  }
}

/** The leading figures by name: queues, surveys, motives. */
class Breakdown {
  constructor(choices, changed, pages) {
    this.choices = choices;
    this.changed = changed;
    this.pages = pages;
  }

  show(page, window, figures, minSample, rowName) {
    const lists = page.rows.filter((name) => Object.keys(window[name] ?? {}).some((row) =>
      figures.some(({ kpi }) => kpi.id in window[name][row])));
    byId("breakdown").hidden = lists.length === 0 || figures.length === 0;
    if (byId("breakdown").hidden) return;
    const chosen = this.choices.get(`by-${page.id}`, (name) => lists.includes(name)) ?? lists[0];
    this.#showLists(page, lists, chosen);
    this.#showHead(figures, chosen);
    const rows = Object.entries(window[chosen])
      .map(([name, row]) => ({ name, row, weight: weight(row, figures) }))
      .filter(({ row }) => figures.some(({ kpi }) => kpi.id in row))
      .sort((a, b) => b.weight - a.weight || a.name.localeCompare(b.name));
    this.#showRows(chosen, rows.slice(0, MOST_ROWS), figures, minSample, rowName);
    const more = rows.length - MOST_ROWS;
    setText(byId("breakdown-more"), more > 0 ? words().more(count(more)) : "");
  }

  #showLists(page, lists, chosen) {
    showButtons(byId("breakdown-by"), {
      label: words().by, values: lists, chosen, nameOf: (name) => words().lists[name] ?? name,
      choose: (name) => {
        this.choices.set(`by-${page.id}`, name);
        this.changed();
      },
    });
  }

  #showHead(figures, chosen) {
    const names = figures.map((figure) => figure.name);
    fillHead(byId("breakdown-head"), [words().listNames[chosen] ?? "", ...names]);
  }

  #showRows(list, rows, figures, minSample, rowName) {
    const body = byId("breakdown-body");
    fit(body, rows.length, () => make("tr", "", make("th")));
    rows.forEach(({ name, row }, i) => {
      const line = body.children[i];
      line.firstElementChild.scope = "row";
      const queue = list === "queues" ? name : null;
      showQueueLink(line.firstElementChild, this.pages, rowName(list, name), queue);
      fit(line, figures.length + 1, () =>
        make("td", "", make("span", "figure"), make("span", "sample")));
      figures.forEach((figure, f) => {
        const cell = line.children[f + 1];
        const { value, provisional } = read(figure, row);
        const n = sampleOf(figure.kpi, row);
        setText(cell.firstElementChild, `${provisional ? "◌ " : ""}${show(figure.kpi, value)}`);
        // A queue has a target of its own; a row over several targets has none, and no mark.
        const level = figure.kpi.id === "service_level"
          ? shortfall(row.service_level_shortfall, n, minSample)
          : judge(figure, value, n, minSample);
        setAttribute(cell.firstElementChild, "data-level", level);
        setText(cell.lastElementChild, n === null || !isNumber(value) ? "" : nText(figure.kpi, n));
        toggle(cell, "thin", n !== null && n < minSample);
      });
    });
  }
}

/** How much is behind a row: the largest n, or count, of its leading figures. */
function weight(row, figures) {
  return Math.max(0, ...figures.map(({ kpi }) =>
    sampleOf(kpi, row) ?? (kpi.unit === "count" && isNumber(row[kpi.id]) ? row[kpi.id] : 0)));
}

export class FiguresPage {
  #cards = new Map();
  #shown = "";

  /** `pages` opens the queues that a table names. */
  constructor(history, choices, changed, pages) {
    this.leads = new LeadTiles(byId("leads"), history);
    this.breakdown = new Breakdown(choices, changed, pages);
  }

  /** Shows a page of a board's window; `leads` are figures, `catalogue` maps ids to KPIs. */
  show(page, board, windowName, leads, catalogue) {
    const window = board.windows[windowName];
    const minSample = board.settings.min_sample;
    const row = window.total;
    const references = targetsOf(board);
    this.leads.show(
      leads.map((figure) => ({ figure, row, references: references[figure.kpi.id] })),
      `${page.id}|${windowName}`, board.as_of_ms, minSample,
    );
    byId("leads").hidden = leads.length === 0;
    setAttribute(byId("leads"), "aria-label", words().headline);
    this.#showCards(page, row, minSample, leads, catalogue);
    this.breakdown.show(page, window, leads, minSample,
      (list, name) => (list === "channels" ? channelName(name) : name));
    setText(byId("figures-empty"), words().noFigures);
    byId("figures-empty").hidden = page.kpis.length > 0;
  }

  #showCards(page, row, minSample, leads, catalogue) {
    if (this.#shown !== page.id) {
      this.#shown = page.id;
      const whole = new Set(leads.filter(({ kpi }) => !kpi.labels.length).map(({ kpi }) => kpi.id));
      const kpis = page.kpis.filter((id) => !whole.has(id) && catalogue.has(id));
      this.#cards = new Map(kpis.map((id) => [id, new Card(catalogue.get(id))]));
      byId("cards").replaceChildren(...[...this.#cards.values()].map((card) => card.node));
    }
    for (const card of this.#cards.values()) card.show(row, minSample);
  }
}

/** The targets that the settings give, where they agree over all queues. */
export function targetsOf(board) {
  const targets = [...new Set(board.settings.queues.map((queue) => queue.target))];
  return targets.length === 1 ? { service_level: { target: targets[0] } } : {};
}
