// Behind a number: the contacts of a queue and its service level by every formula.

import { byId, make, setText, toggle } from "./dom.js";
import { DASH, channelName, clockTime, count, duration, isNumber, limit, percent, windowName }
  from "./format.js";
import { getJson } from "./requests.js";
import { words } from "./text.js";

const REFRESH_MS = 2_000;
const STAFFING_REFRESH_MS = 30_000;

export class Panel {
  #row = null;
  #window = "";
  #contacts = null;
  #variants = null;
  #staffing = null;
  #staffingAt = -Infinity;
  #failed = false;
  #timer = 0;

  constructor() {
    this.dialog = byId("detail");
    byId("detail-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener("close", () => {
      this.#row = null;
      clearTimeout(this.#timer);
    });
  }

  open(row, window) {
    this.#row = row;
    this.#window = window;
    this.#contacts = null;
    this.#failed = false;
    this.show();
    if (!this.dialog.open) this.dialog.showModal();
    void this.#load(row);
  }

  /** Takes the newest row of the queue that is open, if it is open. */
  update(rows, window) {
    if (!this.#row) return;
    this.#row = rows.find((row) => row.key === this.#row.key) ?? this.#row;
    this.#window = window;
    this.show();
  }

  async #load(row) {
    clearTimeout(this.#timer);
    try {
      if (!this.#variants) {
        const catalogue = await getJson("/api/kpis");
        this.#variants = catalogue.kpis.find((kpi) => kpi.id === "service_level")?.variants ?? [];
      }
      void this.#loadStaffing();
      const path = `/api/queues/${encodeURIComponent(row.queue)}/contacts`;
      const answer = await getJson(path);
      if (this.#row?.key !== row.key) return;
      this.#contacts = answer;
      this.#failed = false;
    } catch {
      this.#failed = true;
    }
    if (this.#row?.key !== row.key) return;
    this.show();
    this.#timer = setTimeout(() => void this.#load(row), REFRESH_MS);
  }

  async #loadStaffing() {
    const now = performance.now();
    if (now - this.#staffingAt < STAFFING_REFRESH_MS) return;
    this.#staffingAt = now;
    try {
      this.#staffing = await getJson("/api/staffing");
    } catch {
      this.#staffing = null; // no hint is better than an old one
    }
    this.show();
  }

  show() {
    const row = this.#row;
    if (!row) return;
    const w = words();
    const policy = row.policy;
    byId("detail-close").setAttribute("aria-label", w.close);
    setText(byId("detail-title"), `${row.queue} · ${channelName(row.channel)}`);
    setText(byId("detail-facts"), w.facts(
      limit(policy.threshold_ms), percent(policy.target, 0), limit(policy.short_limit_ms),
    ));
    this.#showStaffing(row, w.staffing);
    this.#showContacts(row, w);
    this.#showVariants(row, w);
  }

  #showStaffing(row, w) {
    const isThis = (one) => one.queue === row.queue && one.channel === row.channel;
    const found = this.#staffing?.queues.find(isThis);
    const hint = found?.hint;
    byId("staffing").hidden = !hint;
    if (!hint) return;
    const { inputs } = hint;
    const expected = percent(hint.expected, 0);
    const seconds = (time) => `${count(time)} s`;
    setText(byId("staffing-title"), w.title);
    setText(byId("staffing-hint"), hint.more > 0 ? w.more(count(hint.more), percent(inputs.target, 0))
      : hint.spare > 0 ? w.spare(count(hint.spare), expected) : w.enough(expected));
    setText(byId("staffing-inputs"), [
      w.expected(expected, limit(inputs.threshold_s * 1000), percent(hint.expected_patient, 0)),
      w.load(count(inputs.contacts), seconds(inputs.handle_s), windowName(inputs.handle_window)),
      isNumber(inputs.patience_s)
        ? w.patience(seconds(inputs.patience_s), windowName(inputs.patience_window)) : w.patient,
      w.agents(count(inputs.agents), count(hint.needed)),
      found.shared ? w.shared : w.alone,
    ].join(" · "));
  }

  #showContacts(row, w) {
    const contacts = (this.#contacts?.contacts ?? []).filter((c) => c.channel === row.channel);
    setText(byId("contacts-title"), w.contactsTitle(count(contacts.length)));
    fillHead("contacts-head", w.contactColumns, ["wait"]);
    fill("contacts-body", contacts.map((c) => {
      const wait = isNumber(c.wait_ms) ? c.wait_ms / 1000 : null;
      const over = isNumber(c.wait_ms) && c.wait_ms > row.policy.threshold_ms;
      return {
        cells: [c.contact_id, w.states[c.state] ?? c.state, clockTime(c.since_ms),
          (over ? "▲ " : "") + duration(wait), c.agent_id ?? DASH],
        over,
      };
    }));
    const cut = (this.#contacts?.contacts.length ?? 0) >= (this.#contacts?.limit ?? Infinity);
    setText(byId("contacts-note"), this.#failed ? w.contactsFailed
      : this.#contacts === null ? w.connecting
      : contacts.length === 0 ? w.contactsNone
      : cut ? w.contactsMore(count(this.#contacts.limit)) : "");
  }

  #showVariants(row, w) {
    setText(byId("variants-title"), w.variantsTitle(windowName(this.#window)));
    fillHead("variants-head", w.variantColumns, ["value"]);
    fill("variants-body", (this.#variants ?? []).map(({ label, code, formula }) => {
      const chosen = label === row.policy.headline_variant;
      return {
        cells: [`${code} ${label}${chosen ? ` (${w.headlineMark})` : ""}`,
          percent(row.variants[label], 2), formula],
        chosen,
      };
    }));
    setText(byId("variants-note"), w.variantsNote);
  }
}

function fillHead(id, columns, right) {
  const head = byId(id);
  const names = Object.keys(columns);
  while (head.children.length < names.length) {
    const cell = make("th");
    cell.scope = "col";
    head.append(cell);
  }
  names.forEach((name, i) => {
    setText(head.children[i], columns[name]);
    toggle(head.children[i], "right", right.includes(name));
    toggle(head.children[i], `c-${name}`, true);
  });
}

/** Fills a table body with rows of texts, keeping the nodes that are there. */
function fill(id, rows) {
  const body = byId(id);
  while (body.children.length > rows.length) body.lastElementChild.remove();
  rows.forEach(({ cells, over = false, chosen = false }, i) => {
    let line = body.children[i];
    if (!line) body.append((line = make("tr")));
    while (line.children.length < cells.length) line.append(make("td"));
    cells.forEach((text, n) => setText(line.children[n], text));
    toggle(line, "over", over);
    toggle(line, "chosen", chosen);
  });
}
