// What a number means: alert, watch, ok, or none where there is too little to judge.

import { isNumber } from "./format.js";

export const SHAPES = { alert: "▲", watch: "◆", ok: "●", none: "○" };
export const ABANDONMENT_LIMIT = 0.05;
export const ANSWER_TARGET = 0.9;

/** Channels whose threshold is this long are no live waiting lines: e-mail, tickets, tasks. */
export const DEFERRED_FROM_MS = 3_600_000;

const ORDER = ["none", "ok", "watch", "alert"];

/** A little under a target is a reason to watch; this much under it is an alert. */
const SERVICE_LEVEL_SLACK = 0.1;

export function worst(levels) {
  return levels.reduce((a, b) => (ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a), "none");
}

export function urgency(level) {
  return ORDER.indexOf(level);
}

function enough(n, minSample) {
  return isNumber(n) && n >= minSample;
}

export function serviceLevel(value, n, target, minSample) {
  if (!isNumber(value) || !enough(n, minSample)) return "none";
  if (value >= target) return "ok";
  return value >= target - SERVICE_LEVEL_SLACK ? "watch" : "alert";
}

/** How far a row's service level is under its own target, in points of 1. */
export function shortfall(under, n, minSample) {
  if (!isNumber(under) || !enough(n, minSample)) return "none";
  if (under === 0) return "ok";
  return under <= SERVICE_LEVEL_SLACK ? "watch" : "alert";
}

export function waiting(count, over, atRisk) {
  if (!isNumber(count)) return "none";
  if (over > 0) return "alert";
  return atRisk > 0 ? "watch" : "ok";
}

export function agents(available, staffed, waitingCount) {
  if (!isNumber(available)) return "none";
  if (available === 0 && waitingCount > 0) return "alert";
  return available === 0 && staffed > 0 ? "watch" : "ok";
}

export function abandonment(value, n, minSample) {
  if (!isNumber(value) || !enough(n, minSample)) return "none";
  if (value <= ABANDONMENT_LIMIT) return "ok";
  return value <= 2 * ABANDONMENT_LIMIT ? "watch" : "alert";
}

export function answerRate(value, n, minSample) {
  if (!isNumber(value) || !enough(n, minSample)) return "none";
  if (value >= ANSWER_TARGET) return "ok";
  return value >= ANSWER_TARGET - 0.1 ? "watch" : "alert";
}
