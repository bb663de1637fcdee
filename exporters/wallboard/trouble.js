// Why a queue is in trouble, in words: the worst reason first. Pure, so that it reads like the page.

import { count, isNumber, limit, percent } from "./format.js";
import * as judge from "./judge.js";
import { pageWords } from "./page_words.js";

/** Abandonment is held against a norm of the trade: missed, it is worth attention, no more. */
function abandonmentLevel(row, minSample) {
  const level = judge.abandonment(row.abandonmentRate, row.offered, minSample);
  return level === "alert" ? "watch" : level;
}

/** [{level, text}] of what is wrong with a row of a queue; nothing where nothing is. */
export function reasons(row, minSample) {
  const w = pageWords().trouble;
  const { policy } = row;
  const waiting = count(row.waiting);
  const found = [];
  if (row.over > 0) {
    found.push({ level: "alert", text: w.over(count(row.over), limit(policy.threshold_ms)) });
  }
  if (row.agentsLevel === "alert") {
    found.push({ level: "alert", text: row.staffed === 0 ? w.nobodyIn(waiting) : w.nobodyFree(waiting) });
  } else if (row.agentsLevel === "watch") {
    found.push({ level: "watch", text: w.allBusy });
  }
  if (row.serviceLevelLevel === "alert" || row.serviceLevelLevel === "watch") {
    const text = w.level(percent(row.serviceLevel), percent(policy.target, 0));
    found.push({ level: row.serviceLevelLevel, text });
  }
  if (isNumber(row.atRisk) && row.atRisk > 0) {
    const within = limit(Math.min(row.atRiskWithinMs ?? 30_000, policy.threshold_ms));
    found.push({ level: "watch", text: w.risk(count(row.atRisk), within) });
  }
  const level = abandonmentLevel(row, minSample);
  if (level === "watch") {
    const text = w.abandonment(percent(row.abandonmentRate), percent(judge.ABANDONMENT_LIMIT, 0));
    found.push({ level, text });
  }
  return found.sort((a, b) => judge.urgency(b.level) - judge.urgency(a.level));
}

/** A row with its reasons and the level that follows from them. */
export function troubled(row, minSample) {
  const why = reasons(row, minSample);
  return { ...row, why, level: judge.worst([row.level, ...why.map(({ level }) => level)]) };
}
