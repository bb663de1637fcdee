// Reads a board message: one object per queue row and one for the headline of a scope.

import { isNumber } from "./format.js";
import * as judge from "./judge.js";

/** The KPIs that the page asks the stream for. */
export const KPIS = [
  "contacts_waiting", "longest_wait_seconds", "contacts_over_threshold", "contacts_at_risk",
  "agents_available", "agents_staffed", "agents_on_contact", "agents_in_wrap_up",
  "contacts_offered", "contacts_answered", "contacts_abandoned", "service_level", "answer_rate",
  "abandonment_rate", "asa_seconds",
];

const DEFAULT_VARIANT = "abandons_negative";

function number(value) {
  return isNumber(value) ? value : null;
}

function labelled(value, label) {
  return value && typeof value === "object" ? number(value[label]) : null;
}

/** The nearest `within` is the first label: the settings may name several. */
function atRisk(kpis) {
  const byWithin = kpis.contacts_at_risk;
  if (!byWithin || typeof byWithin !== "object") return number(byWithin);
  const nearest = Object.keys(byWithin).sort((a, b) => Number(a) - Number(b))[0];
  return nearest === undefined ? null : number(byWithin[nearest]);
}

/** How near the limit a contact is at risk, as the label tells it; null where nothing does. */
function riskWithinMs(kpis) {
  const nearest = Math.min(...Object.keys(kpis.contacts_at_risk ?? {}).map(Number));
  return isNumber(nearest) ? nearest * 1000 : null;
}

function occupied(kpis) {
  const [talking, wrapping] = [number(kpis.agents_on_contact), number(kpis.agents_in_wrap_up)];
  return talking === null && wrapping === null ? null : (talking ?? 0) + (wrapping ?? 0);
}

function readNumbers(kpis, variant) {
  return {
    waiting: number(kpis.contacts_waiting),
    longest: number(kpis.longest_wait_seconds),
    over: number(kpis.contacts_over_threshold),
    atRisk: atRisk(kpis),
    atRiskWithinMs: riskWithinMs(kpis),
    available: number(kpis.agents_available),
    staffed: number(kpis.agents_staffed),
    occupied: occupied(kpis),
    offered: number(kpis.contacts_offered),
    answered: number(kpis.contacts_answered),
    abandoned: number(kpis.contacts_abandoned),
    serviceLevel: labelled(kpis.service_level, variant),
    variants: kpis.service_level ?? {},
    answerRate: number(kpis.answer_rate),
    abandonmentRate: labelled(kpis.abandonment_rate, "of_offered"),
    asa: labelled(kpis.asa_seconds, "queue"),
  };
}

function key(queue, channel) {
  return JSON.stringify([queue, channel]);
}

/** One object per (queue, channel), in the order of the message. */
export function queueRows(board, windowName) {
  const settings = new Map(board.settings.queues.map((s) => [key(s.queue, s.channel), s]));
  const minSample = board.settings.min_sample;
  const pairs = board.windows[windowName]?.pairs ?? [];
  return pairs.map(({ queue, channel, kpis }) => {
    const rowKey = key(queue, channel);
    const policy = settings.get(rowKey) ?? {
      threshold_ms: 90_000, target: 0.8, short_limit_ms: 10_000, headline_variant: DEFAULT_VARIANT,
    };
    const row = { key: rowKey, queue, channel, policy,
      ...readNumbers(kpis, policy.headline_variant) };
    row.deferred = policy.threshold_ms >= judge.DEFERRED_FROM_MS;
    row.thin = !(row.offered >= minSample);
    row.serviceLevelLevel =
      judge.serviceLevel(row.serviceLevel, row.offered, policy.target, minSample);
    row.waitingLevel = judge.waiting(row.waiting, row.over, row.atRisk);
    row.agentsLevel = row.deferred ? "none" : judge.agents(row.available, row.staffed, row.waiting);
    row.level = judge.worst([row.serviceLevelLevel, row.waitingLevel, row.agentsLevel]);
    row.risk = risk(row);
    return row;
  });
}

/** How bad a row is, to sort by: first what the customer who waits feels, then the past window. */
function risk(row) {
  const wait = row.longest === null ? 0 : (row.longest * 1000) / row.policy.threshold_ms;
  const gap = row.serviceLevelLevel === "none" ? 0 : row.policy.target - row.serviceLevel;
  return Math.min(wait, 10) + Math.max(0, gap) * 5;
}

export function byRisk(a, b) {
  return judge.urgency(b.level) - judge.urgency(a.level) || b.risk - a.risk
    || a.queue.localeCompare(b.queue) || a.channel.localeCompare(b.channel);
}

function sum(rows, field) {
  const known = rows.map((row) => row[field]).filter(isNumber);
  return known.length ? known.reduce((a, b) => a + b, 0) : null;
}

/** The headline of a scope: `all` or a channel. Ratios are the core's own, never averaged here. */
export function headline(board, windowName, scope, rows) {
  const window = board.windows[windowName];
  const kpis = (scope === "all" ? window?.total : window?.channels?.[scope]) ?? {};
  const inScope = scope === "all" ? rows : rows.filter((row) => row.channel === scope);
  const variants = [...new Set(inScope.map((row) => row.policy.headline_variant))];
  const variant = variants.length === 1 ? variants[0] : DEFAULT_VARIANT;
  const numbers = readNumbers(kpis, variant);
  const result = { ...numbers, rows: inScope, variant, minSample: board.settings.min_sample,
    targets: inScope.map((row) => row.policy.target),
    thresholds: inScope.map((row) => row.policy.threshold_ms), deferred: null };
  const live = inScope.filter((row) => !row.deferred);
  if (live.length && live.length < inScope.length) {
    // Beside live lines, a ticket that waits for hours would hide the caller who waits now.
    const waits = live.map((row) => row.longest).filter(isNumber);
    const [all, waiting] = [sum(inScope, "waiting"), sum(live, "waiting")];
    result.deferred = all === null ? null : all - (waiting ?? 0);
    result.waiting = sum(live, "waiting");
    result.over = sum(live, "over");
    result.atRisk = sum(live, "atRisk");
    result.longest = waits.length ? Math.max(...waits) : null;
  }
  result.liveThresholds = (live.length ? live : inScope).map((row) => row.policy.threshold_ms);
  return result;
}
