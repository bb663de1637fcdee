// Business hours as people say them: "Mon–Fri 08:00–20:00, Sat 09:00–13:00".

import { dateFormat } from "./format.js";
import { pageWords } from "./page_words.js";

/** 1970-01-05 was a Monday. */
const MONDAY_MS = 4 * 86_400_000;

function dayName(day) {
  return dateFormat({ weekday: "short", timeZone: "UTC" }).format(MONDAY_MS + day * 86_400_000);
}

function clock(minutes) {
  const two = (n) => String(n).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Days with the same shifts that follow one another are told together; `shifts` null: always. */
export function hoursText(shifts) {
  if (!shifts) return pageWords().queue.always;
  const texts = shifts.map((day) => day.map(([from, to]) => `${clock(from)}–${clock(to)}`).join(", "));
  const runs = [];
  texts.forEach((text, day) => {
    const last = runs.at(-1);
    if (last && last.text === text) last.to = day;
    else runs.push({ text, from: day, to: day });
  });
  const open = runs.filter(({ text }) => text);
  if (!open.length) return pageWords().queue.day0;
  return open.map(({ text, from, to }) =>
    `${from === to ? dayName(from) : `${dayName(from)}–${dayName(to)}`} ${text}`).join(" · ");
}
