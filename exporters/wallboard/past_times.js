// Which instants can be looked at, and how they are written.

import { dateFormat } from "./format.js";

export const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** How far back the slider reaches. */
export const SPANS = { h4: 4 * HOUR_MS, h24: 24 * HOUR_MS, all: Infinity };

/** The last possible instant at or before one; null means now. */
export function snapped(ms, reach) {
  if (ms > reach.to_ms) return null;
  const at = Math.max(ms, reach.from_ms);
  const step = at >= reach.minutes_from_ms ? reach.step_ms : reach.step_before_ms;
  return Math.max(reach.from_ms, Math.floor(at / step) * step);
}

/** The instant so many minutes away; null means now. Where quarters are left, it goes by them. */
export function moved(ms, minutes, reach) {
  const from = ms ?? reach.to_ms + MINUTE_MS;
  const step = from > reach.minutes_from_ms || (from === reach.minutes_from_ms && minutes > 0)
    ? MINUTE_MS : QUARTER_MS;
  const by = Math.max(Math.abs(minutes) * MINUTE_MS, step) * Math.sign(minutes);
  return snapped(from + by, reach);
}

/** The left end of the slider. */
export function leftEnd(reach, span) {
  return Math.max(reach.from_ms, snapped(reach.to_ms - SPANS[span], reach) ?? reach.from_ms);
}

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

/** 10:15, with its day when that is another one than today. */
export function shortTime(ms, nowMs) {
  const isToday = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return dateFormat(isToday ? CLOCK : { ...CLOCK, weekday: "short", day: "numeric",
    month: "short" }).format(ms);
}

/** A date and a time in full, for paper. */
export function fullTime(ms) {
  return dateFormat({ ...CLOCK, second: "2-digit", weekday: "long", day: "numeric", month: "long",
    year: "numeric", timeZoneName: "short" }).format(ms);
}

/** For an address and a file name: no zone can be mistaken. */
export function isoMinute(ms) {
  return new Date(ms).toISOString().replace(/(:00)?\.\d+Z$/, "Z");
}
