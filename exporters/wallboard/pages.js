// The pages as tabs: by click, by key (1 to 9, 0, arrows), by address (?page=), by themselves (?rotate=).

import { byId, make, setAttribute, setText } from "./dom.js";
import { Rotation } from "./rotation.js";
import { language, words } from "./text.js";

const DEFAULT_ROTATION_S = 20;
const LEAST_ROTATION_S = 5;
const PANELS = new Map([
  ["overview", "page-overview"], ["queues", "page-queues"], ["alerts", "page-alerts"],
]);
/** The page of one queue has no tab of its own: it is the one of the queues, a step further. */
const QUEUE = { id: "queue", tab: "queues", kpis: [], leads: [], rows: [] };

export class Pages {
  #tabs = [];
  #badges = new Map();

  /** `changed()` is called whenever another page is to be shown. */
  constructor(choices, changed) {
    this.choices = choices;
    this.changed = changed;
    this.all = [
      { id: "overview", english: "Overview", french: "Ensemble", kpis: [], leads: [], rows: [] },
    ];
    this.current = "overview";
    this.rotation = new Rotation(this);
    byId("pages").addEventListener("keydown", (event) => this.#arrow(event));
    document.addEventListener("keydown", (event) => this.#digit(event));
    window.addEventListener("popstate", () => {
      this.choices.readAddress();
      this.#follow();
    });
  }

  get page() {
    if (this.current === QUEUE.id) return QUEUE;
    return this.all.find((page) => page.id === this.current) ?? this.all[0];
  }

  /** Which queue is asked for, {queue, channel}, while its page is shown. */
  get queue() {
    const queue = this.choices.address("queue");
    if (this.current !== QUEUE.id || !queue) return null;
    return { queue, channel: this.choices.address("channel") };
  }

  has(id) {
    return this.all.some((page) => page.id === id);
  }

  /** The address of a page, for links. */
  addressOf(id) {
    return this.choices.addressWith(this.#values(id));
  }

  queueAddress(queue, channel) {
    return this.choices.addressWith({ page: QUEUE.id, queue, channel, rotate: null });
  }

  openQueue(queue, channel) {
    this.rotation.end();
    this.choices.setAddress({ page: QUEUE.id, queue, channel, rotate: null });
    this.current = QUEUE.id;
    this.changed();
    window.scrollTo(0, 0);
    byId("queue-name").focus({ preventScroll: true });
  }

  #values(id) {
    const values = { page: id === this.all[0].id ? null : id, queue: null, rotate: null };
    return this.current === QUEUE.id ? { ...values, channel: null } : values;
  }

  /** Takes the pages of the server and goes where the address says. */
  take(pages) {
    this.all = pages;
    this.#follow();
    const wanted = this.#wanted();
    const given = Number(this.choices.address("rotate"));
    if (wanted.length > 1 || given > 0) {
      const round = wanted.length > 1 ? wanted : this.all.map((page) => page.id);
      this.rotation.begin(round, Math.max(LEAST_ROTATION_S, given || DEFAULT_ROTATION_S));
    }
  }

  show() {
    const nav = byId("pages");
    setAttribute(nav, "aria-label", words().pages);
    nav.hidden = this.all.length < 2;
    if (this.#tabs.length !== this.all.length) {
      this.#tabs = this.all.map((page) => {
        const tab = make("button", "", make("span"), make("span", "badge"));
        tab.type = "button";
        tab.id = `tab-${page.id}`;
        tab.setAttribute("role", "tab");
        tab.addEventListener("click", () => this.choose(page.id));
        return tab;
      });
      nav.replaceChildren(...this.#tabs);
    }
    this.#tabs.forEach((tab, i) => {
      const page = this.all[i];
      const chosen = page.id === (this.page.tab ?? this.page.id);
      const name = this.name(page.id);
      setText(tab.firstElementChild, name);
      this.#showBadge(tab, name, this.#badges.get(page.id));
      setAttribute(tab, "aria-selected", String(chosen));
      setAttribute(tab, "aria-controls", PANELS.get(page.id) ?? "page-figures");
      tab.tabIndex = chosen ? 0 : -1;
    });
  }

  /** Puts a short text beside the name of a page: {text, label, level}; `label` is read out. */
  badge(id, badge) {
    const before = this.#badges.get(id);
    if (before && before.text === badge.text && before.label === badge.label) return;
    this.#badges.set(id, badge);
    this.show();
  }

  #showBadge(tab, name, badge) {
    const node = tab.lastElementChild;
    node.hidden = !badge?.text;
    if (badge?.text) {
      setText(node, badge.text);
      setAttribute(node, "data-level", badge.level);
      setAttribute(tab, "aria-label", `${name}: ${badge.label}`);
    } else {
      tab.removeAttribute("aria-label");
    }
  }

  /** Takes a page away that the server has no longer. */
  drop(id) {
    if (!this.has(id)) return;
    this.all = this.all.filter((page) => page.id !== id);
    if (this.current === id) this.choose(this.all[0].id);
    this.show();
  }

  /** A viewer's own choice ends the rotation: nobody is taken away from what they read. */
  choose(id) {
    this.rotation.end();
    this.choices.setAddress(this.#values(id));
    this.#go(id);
  }

  /** The name of a page in the language of now: of the one shown, or of another. */
  name(id = this.page.tab ?? this.current) {
    const page = this.all.find((one) => one.id === id) ?? this.all[0];
    return language() === "fr" ? page.french : page.english;
  }

  /** Whether the badge of a page says that something is wrong. */
  trouble(id) {
    return this.#badges.get(id)?.level === "alert";
  }

  /** Turns to a page, as the rotation does: the address stays. */
  turn(id) {
    this.#go(id);
  }

  #wanted() {
    const asked = this.choices.address("page");
    // A link in a message names a queue and no page.
    if (this.choices.address("queue") && (asked ?? QUEUE.id) === QUEUE.id) return [QUEUE.id];
    const known = new Set(this.all.map((page) => page.id));
    return (asked ?? "").split(",").filter((id) => known.has(id));
  }

  #follow() {
    this.#go(this.#wanted()[0] ?? this.all[0].id);
  }

  #go(id) {
    if (id === this.current && id !== QUEUE.id) return;
    this.current = id;
    this.changed();
    byId(`tab-${id}`)?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  #arrow(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const ids = this.all.map((page) => page.id);
    const here = ids.indexOf(this.page.tab ?? this.page.id);
    const next = ids[(here + step + ids.length) % ids.length];
    this.choose(next);
    byId(`tab-${next}`).focus();
    event.preventDefault();
  }

  #digit(event) {
    const target = event.target;
    const typing = target instanceof HTMLElement && target.closest("input, textarea, select, dialog");
    if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
    const page = /^[0-9]$/.test(event.key) ? this.all[(Number(event.key) + 9) % 10] : null;
    if (page) this.choose(page.id);
  }
}
