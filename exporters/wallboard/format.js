// Numbers as people read them. No value is a dash, never 0.

import { language, words } from "./text.js";

export const DASH = "–";

const formats = new Map();

function formatOf(Kind, options) {
  const key = Kind.name + language() + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Kind(language(), options));
  return formats.get(key);
}

function numberFormat(options) {
  return formatOf(Intl.NumberFormat, options);
}

/** The format of dates and times in the language of now, made once. */
export function dateFormat(options) {
  return formatOf(Intl.DateTimeFormat, options);
}

export function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

export function count(value) {
  return isNumber(value) ? numberFormat({ maximumFractionDigits: 0 }).format(value) : DASH;
}

/** A ratio 0 to 1 in per cent; 100 % without a decimal. */
export function percent(value, digits = 1) {
  if (!isNumber(value)) return DASH;
  const whole = value === 0 || value === 1 ? 0 : digits;
  return numberFormat({
    style: "percent", minimumFractionDigits: whole, maximumFractionDigits: whole,
  }).format(value);
}

/** A number with at most so many decimals. */
export function decimal(value, digits) {
  return isNumber(value) ? numberFormat({ maximumFractionDigits: digits }).format(value) : DASH;
}

let currency = "";

/** Takes the currency of the settings, such as EUR; without one amounts have no sign. */
export function setCurrency(code) {
  currency = /^[A-Z]{3}$/.test(code ?? "") ? code : "";
}

export function money(value) {
  if (!isNumber(value)) return DASH;
  const digits = Math.abs(value) >= 1_000 ? 0 : 2;
  const shape = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  if (currency) Object.assign(shape, { style: "currency", currency });
  return numberFormat(shape).format(value);
}

/** Seconds as m:ss, h:mm:ss from one hour on, days from two days on. */
export function duration(seconds) {
  if (!isNumber(seconds)) return DASH;
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60), whole % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} ${words().day} ${hours % 24} h`;
  if (hours >= 1) return `${hours}:${two(minutes % 60)}:${two(rest)}`;
  return `${minutes}:${two(rest)}`;
}

/** A limit of the settings, as the trade says it: 20 s, 90 s, 5 min, 24 h. */
export function limit(ms) {
  if (!isNumber(ms)) return DASH;
  const seconds = ms / 1000;
  if (seconds <= 120) return `${count(seconds)} s`;
  if (seconds % 3600 === 0) return `${count(seconds / 3600)} h`;
  if (seconds % 60 === 0) return `${count(seconds / 60)} min`;
  return duration(seconds);
}

/** The smallest and largest of some values, as one text when they are equal. */
export function range(values, format) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return low === high ? format(low) : `${format(low)}–${format(high)}`;
}

/** How old something is, in few characters. */
export function age(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 120 ? `${seconds} s` : duration(seconds);
}

const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

export function clockTime(ms) {
  return dateFormat({ ...TIME, second: "2-digit" }).format(ms);
}

/** Hours and minutes of a moment by a zone's clock. */
export function hourOf(ms, zone) {
  return dateFormat({ ...TIME, timeZone: zone }).format(ms);
}

/** Hours and minutes of a moment; with its day when that is another one than today. */
export function moment(ms, nowMs) {
  const time = dateFormat(TIME).format(ms);
  if (new Date(ms).toDateString() === new Date(nowMs).toDateString()) return time;
  return `${dateFormat({ day: "numeric", month: "short" }).format(ms)} ${time}`;
}

export function channelName(channel) {
  return words().channels[channel] ?? channel;
}

export function windowName(name) {
  const names = words().windowNames;
  if (names[name]) return names[name];
  const interval = /^interval_(\d+)m$/.exec(name);
  if (interval) return `${names.interval} ${interval[1]}`;
  return name.replace(/^(\d+)m$/, "$1 min").replace(/^(\d+)h$/, "$1 h");
}
