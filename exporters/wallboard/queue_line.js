// The contacts of a queue: those who wait, nearest to the limit first, and those being handled.
// Their times go on with the page's clock between two answers.

import { byId, fillHead, fit, make, setAttribute, setText, toggle } from "./dom.js";
import { DASH, count, duration } from "./format.js";
import { pageWords } from "./page_words.js";
import { words } from "./text.js";

const WAITING = ["id", "wait", "left", "priority", "motive", "state"];
const HANDLED = ["id", "state", "since", "waited", "motive"];
const MOST_HANDLED = 60;

export class QueueLine {
  /** `answer` is that of the server, `nowMs` its clock as it is now. */
  show(answer, nowMs) {
    const w = pageWords().queue;
    const waiting = answer.contacts.filter((one) => one.is_waiting);
    const handled = answer.contacts.filter((one) => !one.is_waiting);
    this.#showWaiting(waiting, answer, nowMs, w);
    this.#showHandled(handled, answer, nowMs, w);
    setText(byId("line-masked"), w.masked);
  }

  #showWaiting(waiting, answer, nowMs, w) {
    const { live, settings } = answer;
    const all = Math.max(waiting.length, answer.is_cut ? waitingOf(live) : 0);
    setText(byId("line-title"), w.waiting(count(all)));
    const none = byId("line-none");
    none.hidden = waiting.length > 0;
    setText(none, `● ${w.nobodyWaits}`);
    byId("line-scroll").hidden = waiting.length === 0;
    setText(byId("line-more"), all > waiting.length ? w.listed(count(waiting.length), count(all)) : "");
    const hasPriority = waiting.some(({ priority }) => priority !== null);
    const columns = WAITING.filter((name) => name !== "priority" || hasPriority);
    fillHead(byId("line-head"), columns.map((name) => w.columns[name]));
    columns.forEach((name, i) => setAttribute(byId("line-head").children[i], "class", `line-${name}`));
    const body = byId("line-body");
    fit(body, waiting.length, () => make("tr"));
    waiting.forEach((one, i) => {
      const line = body.children[i];
      const waitedMs = Math.max(0, nowMs - one.since_ms);
      const leftMs = settings.threshold_ms - waitedMs;
      const isOver = leftMs < 0;
      const isNear = !isOver && leftMs <= (settings.at_risk_within_ms ?? 0);
      setAttribute(line, "data-level", isOver ? "alert" : isNear ? "watch" : "ok");
      fillLine(line, columns, {
        id: one.id,
        wait: duration(waitedMs / 1000),
        left: isOver ? `▲ ${w.over(duration(-leftMs / 1000))}`
          : `${isNear ? "◆ " : ""}${w.left(duration(leftMs / 1000))}`,
        priority: one.priority === null ? DASH : String(one.priority),
        motive: one.motive ?? DASH,
        state: stateName(one.state),
      });
    });
  }

  #showHandled(handled, answer, nowMs, w) {
    const { live } = answer;
    const known = (live.contacts_in_progress ?? 0) + (live.contacts_in_wrap_up ?? 0);
    const all = Math.max(handled.length, answer.is_cut ? known : 0);
    const shown = handled.slice(0, MOST_HANDLED);
    setText(byId("handled-title"), w.handled(count(all)));
    const none = byId("handled-none");
    none.hidden = all > 0;
    setText(none, w.nobodyHandled);
    byId("handled-scroll").hidden = shown.length === 0;
    setText(byId("handled-more"), all > shown.length ? w.listed(count(shown.length), count(all)) : "");
    fillHead(byId("handled-head"), HANDLED.map((name) => w.columns[name]));
    HANDLED.forEach((name, i) => setAttribute(byId("handled-head").children[i], "class", `line-${name}`));
    const body = byId("handled-body");
    fit(body, shown.length, () => make("tr"));
    shown.forEach((one, i) => {
      fillLine(body.children[i], HANDLED, {
        id: one.id,
        state: stateName(one.state),
        since: duration(Math.max(0, nowMs - one.since_ms) / 1000),
        waited: one.wait_ms === null ? DASH : duration(one.wait_ms / 1000),
        motive: one.motive ?? DASH,
      });
    });
  }
}

function stateName(state) {
  return state === "open" ? pageWords().queue.openTicket : words().states[state] ?? state;
}

function waitingOf(live) {
  return Math.max(live.contacts_waiting ?? 0, live.tickets_unanswered ?? 0);
}

function fillLine(line, columns, texts) {
  if (line.children.length !== columns.length) {
    line.replaceChildren(...columns.map((name, i) => {
      const cell = make(i ? "td" : "th");
      if (!i) cell.scope = "row";
      return cell;
    }));
  }
  columns.forEach((name, i) => {
    setAttribute(line.children[i], "class", `line-${name}`);
    setText(line.children[i], texts[name]);
  });
  toggle(line, "line", true);
}
