// The pages as tabs: by click, by key (1 to 9, arrows), by address (?page=), by themselves (?rotate=).

import { byId, make, setAttribute, setText } from "./dom.js";
import { language, words } from "./text.js";

const DEFAULT_ROTATION_S = 20;
const LEAST_ROTATION_S = 5;
const PANELS = new Map([["queues", "page-queues"], ["alerts", "page-alerts"]]);

export class Pages {
  #tabs = [];
  #badges = new Map();
  #timer = 0;

  /** `changed()` is called whenever another page is to be shown. */
  constructor(choices, changed) {
    this.choices = choices;
    this.changed = changed;
    this.all = [{ id: "queues", english: "Queues", french: "Files", kpis: [], leads: [], rows: [] }];
    this.current = "queues";
    byId("pages").addEventListener("keydown", (event) => this.#arrow(event));
    document.addEventListener("keydown", (event) => this.#digit(event));
    window.addEventListener("popstate", () => {
      this.choices.readAddress();
      this.#follow();
    });
  }

  get page() {
    return this.all.find((page) => page.id === this.current) ?? this.all[0];
  }

  /** Takes the pages of the server and goes where the address says. */
  take(pages) {
    this.all = pages;
    this.#follow();
    const wanted = this.#wanted();
    const given = Number(this.choices.address("rotate"));
    clearInterval(this.#timer);
    if (wanted.length > 1 || given > 0) {
      const seconds = Math.max(LEAST_ROTATION_S, given || DEFAULT_ROTATION_S);
      const round = wanted.length > 1 ? wanted : this.all.map((page) => page.id);
      this.#timer = setInterval(() => {
        this.#go(round[(round.indexOf(this.current) + 1) % round.length]);
      }, seconds * 1000);
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
      const chosen = page.id === this.current;
      const name = language() === "fr" ? page.french : page.english;
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
    if (!this.all.some((page) => page.id === id)) return;
    this.all = this.all.filter((page) => page.id !== id);
    if (this.current === id) this.choose(this.all[0].id);
    this.show();
  }

  /** A viewer's own choice ends the rotation: nobody is taken away from what they read. */
  choose(id) {
    clearInterval(this.#timer);
    this.choices.setAddress({ page: id === "queues" ? null : id, rotate: null });
    this.#go(id);
  }

  #wanted() {
    const known = new Set(this.all.map((page) => page.id));
    return (this.choices.address("page") ?? "").split(",").filter((id) => known.has(id));
  }

  #follow() {
    this.#go(this.#wanted()[0] ?? this.all[0].id);
  }

  #go(id) {
    if (id === this.current) return;
    this.current = id;
    this.changed();
    byId(`tab-${id}`)?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  #arrow(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const ids = this.all.map((page) => page.id);
    const next = ids[(ids.indexOf(this.current) + step + ids.length) % ids.length];
    this.choose(next);
    byId(`tab-${next}`).focus();
    event.preventDefault();
  }

  #digit(event) {
    const target = event.target;
    const typing = target instanceof HTMLElement && target.closest("input, textarea, select, dialog");
    if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
    const page = /^[1-9]$/.test(event.key) ? this.all[Number(event.key) - 1] : null;
    if (page) this.choose(page.id);
  }
}
