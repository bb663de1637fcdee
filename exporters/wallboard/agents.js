// The page of agents: how many are in which state, by team and by queue, and for how long at most.
// Groups and people stand in the order of their names: nobody is ranked.

import { showButtons } from "./buttons.js";
import { byId, fillHead, fit, make, setAttribute, setText, toggle } from "./dom.js";
import { count, duration, isNumber, percent, windowName } from "./format.js";
import { labelName } from "./labels.js";
import { showQueueLink } from "./queue_link.js";
import { pageWords } from "./page_words.js";
import { getJson } from "./requests.js";
import { SingleAgents } from "./single_agents.js";

/** What the page asks for beyond its own KPIs: whether somebody waits for a queue. */
export const AGENTS_KPIS = ["contacts_waiting"];

const REFRESH_MS = 2_000;
const STATES = [
  "available", "ringing", "on_contact", "in_wrap_up", "paused", "other", "unresponsive",
];
const OCCUPANCY_LIMIT = 0.9;
const LISTS = ["teams", "queues"];

class GroupRow {
  constructor(pages) {
    this.pages = pages;
    this.name = make("th");
    this.name.scope = "row";
    this.nameText = make("span", "agents-name");
    this.nameNote = make("span", "agents-note");
    this.name.append(this.nameText, this.nameNote);
    this.bar = make("div", "agents-bar", ...STATES.map((state) => {
      const part = make("span", "agents-part");
      part.dataset.state = state;
      return part;
    }));
    this.bar.setAttribute("aria-hidden", "true");
    this.cells = Object.fromEntries(["logged_in", ...STATES, "occupancy"].map((name) => [
      name, make("td", `agents-${name}`, make("span", "figure"), make("span", "sample")),
    ]));
    this.node = make("tr", "", this.name, make("td", "agents-share", this.bar),
      ...Object.values(this.cells));
  }

  /** `kpis` are the row's, `longest` maps states to ms, `list` is "" for the row of everybody. */
  show(name, kpis, longest, list) {
    const isAll = list === "";
    const w = pageWords().agents;
    const numbers = countsOf(kpis);
    const nobody = !isAll && numbers.available === 0 && kpis.contacts_waiting > 0;
    showQueueLink(this.nameText, this.pages, name, list === "queues" ? name : null);
    setText(this.nameNote, nobody ? `▲ ${w.nobody(count(kpis.contacts_waiting))}` : "");
    toggle(this.node, "agents-all", isAll);
    setAttribute(this.node, "data-level", nobody ? "alert" : "none");
    [...this.bar.children].forEach((part) => {
      part.hidden = !numbers[part.dataset.state];
      part.style.flexGrow = String(numbers[part.dataset.state] ?? 0);
    });
    this.#put("logged_in", count(kpis.agents_logged_in), "");
    for (const state of STATES) {
      const isEmpty = !numbers[state];
      this.#put(state, count(numbers[state]), isEmpty ? "" : this.#note(state, kpis, longest));
      toggle(this.cells[state], "empty-count", isEmpty);
    }
    setAttribute(this.cells.available.firstElementChild, "data-level", nobody ? "alert" : "none");
    const gone = numbers.unresponsive > 0 ? "watch" : "none";
    setAttribute(this.cells.unresponsive.firstElementChild, "data-level", gone);
    const occupancy = kpis.occupancy?.wall_clock;
    this.#put("occupancy", percent(occupancy, 0), "");
    setAttribute(this.cells.occupancy.firstElementChild, "data-level",
      isNumber(occupancy) && occupancy > OCCUPANCY_LIMIT ? "watch" : "none");
  }

  #note(state, kpis, longest) {
    const w = pageWords().agents;
    const time = longest?.[state];
    const told = isNumber(time) ? [w.longest(duration(time / 1000))] : [];
    if (state === "paused") told.unshift(reasonsOf(kpis.agents_paused));
    return told.filter(Boolean).join(" · ");
  }

  #put(name, value, note) {
    setText(this.cells[name].firstElementChild, value);
    setText(this.cells[name].lastElementChild, note);
  }
}

function countsOf(kpis) {
  const paused = Object.values(kpis.agents_paused ?? {}).filter(isNumber);
  return {
    available: kpis.agents_available, ringing: kpis.agents_ringing,
    on_contact: kpis.agents_on_contact, in_wrap_up: kpis.agents_in_wrap_up,
    paused: paused.reduce((a, b) => a + b, 0), other: kpis.agents_other,
    unresponsive: kpis.agents_unresponsive,
  };
}

/** "lunch 3, training 1"; one reason alone without its number, which stands above it. */
function reasonsOf(paused) {
  const found = Object.entries(paused ?? {}).filter(([, n]) => n > 0);
  const nameOf = (reason) =>
    (reason === "none" ? pageWords().agents.noReason : labelName("reason", reason));
  if (found.length === 1) return nameOf(found[0][0]);
  return found.map(([reason, n]) => `${nameOf(reason)} ${count(n)}`).join(", ");
}

export class AgentsPage {
  #answer = null;
  #isOpen = false;
  #timer = 0;
  #rows = [];

  /** `choices` remembers by what the agents are shown; `changed()` shows the board again. */
  constructor(choices, changed, pages) {
    this.pages = pages;
    this.choices = choices;
    this.changed = changed;
    this.single = new SingleAgents();
  }

  /** Asks while its page is shown; opened again it asks at once. */
  turn(isOpen) {
    byId("agents").hidden = !isOpen;
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    clearTimeout(this.#timer);
    if (isOpen) void this.#load();
  }

  async #load() {
    try {
      if (!document.hidden) this.#answer = await getJson("/api/agents");
    } catch {
      this.#answer = null; // how long somebody has been somewhere is nothing to guess
    }
    if (!this.#isOpen) return;
    this.single.show(this.#answer);
    this.#timer = setTimeout(() => void this.#load(), REFRESH_MS);
  }

  /** `window` is a board's, with its rows. */
  show(window, name) {
    const w = pageWords().agents;
    const known = LISTS.filter((list) => Object.keys(withAgents(window[list])).length);
    const list = this.choices.get("by-agents", (one) => known.includes(one)) ?? known[0] ?? LISTS[0];
    setText(byId("agents-title"), w.title);
    this.#showChoice(list);
    const groups = Object.entries(withAgents(window[list])).sort(([a], [b]) => a.localeCompare(b));
    const shown = [[w.all, window.total, this.#answer?.longest.total, ""],
      ...groups.map(([group, kpis]) => [group, kpis, this.#answer?.longest[list][group], list])];
    this.#showRows(list, shown);
    const none = byId("agents-none");
    none.hidden = groups.length > 0;
    setText(none, window.total.agents_logged_in === 0 ? w.nobodyIn : w.noGroups[list]);
    const isSmall = this.#answer && this.#answer.least > 1
      && groups.some(([, kpis]) => kpis.agents_logged_in < this.#answer.least);
    setText(byId("agents-note"), [w.definition(windowName(name)),
      isSmall ? w.tooFew(count(this.#answer.least)) : ""].filter(Boolean).join(" "));
    this.single.show(this.#answer);
  }

  #showChoice(chosen) {
    const w = pageWords().agents;
    showButtons(byId("agents-by"), {
      label: w.title, values: LISTS, chosen, nameOf: (list) => w.by[list],
      choose: (list) => {
        this.choices.set("by-agents", list);
        this.changed();
      },
    });
  }

  #showRows(list, shown) {
    const w = pageWords().agents;
    const columns = ["logged_in", ...STATES];
    fillHead(byId("agents-head"),
      [w.name[list], w.share, ...columns.map((name) => w.states[name]), w.occupancy]);
    [...byId("agents-head").children].slice(2).forEach((cell, i) => {
      setAttribute(cell, "data-state", columns[i] ?? "");
    });
    const body = byId("agents-body");
    while (this.#rows.length < shown.length) this.#rows.push(new GroupRow(this.pages));
    this.#rows.length = shown.length;
    fit(body, shown.length, (i) => this.#rows[i].node);
    shown.forEach((row, i) => this.#rows[i].show(...row));
  }
}

/** Groups in which somebody is logged in, or whose customers wait for somebody. */
function withAgents(groups) {
  return Object.fromEntries(Object.entries(groups ?? {}).filter(([, kpis]) =>
    kpis.agents_logged_in > 0 || kpis.agents_on_contact > 0));
}
