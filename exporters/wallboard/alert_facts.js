// What is said of an alert wherever it is shown: its name, its row, its value, its moments.

import { channelName, isNumber, limit } from "./format.js";
import { kpiName, show } from "./figures.js";
import { alertWords } from "./alert_words.js";
import { SHAPES } from "./judge.js";
import { language, words } from "./text.js";

export const SEVERITY_LEVELS = { critical: "alert", warning: "watch" };
const SIGNS = { ">": ">", ">=": "≥", "<": "<", "<=": "≤" };
const LIST_OF = {
  team: "teams", motive: "motives", survey: "surveys", theme: "themes", item: "items",
  tool: "tools", segment: "segments",
};

export function severityShape(alert) {
  return SHAPES[SEVERITY_LEVELS[alert.severity]] ?? SHAPES.watch;
}

export function alertName(alert) {
  return language() === "fr" ? alert.french : alert.english;
}

/** The row: "Sales · Voice", "Team: North", everything. */
export function rowName(alert) {
  const w = alertWords();
  if (alert.kind === "total") return w.all;
  if (alert.kind === "pipeline") return w.pipeline;
  const { queue, channel } = alert.labels;
  if (alert.kind === "pair") return `${queue} · ${channelName(channel)}`;
  if (alert.kind === "channel") return channelName(channel);
  const [name] = Object.values(alert.labels);
  const list = words().listNames[LIST_OF[alert.kind]];
  return list ? `${list}${language() === "fr" ? " " : ""}: ${name}` : name;
}

export function valueText(alert, value = alert.value) {
  return show({ unit: alert.measure?.unit }, value);
}

/** "> 1:00": what the value is held against; nothing once the rule is gone. */
export function limitText(alert) {
  if (!alert.operator || !isNumber(alert.threshold)) return "";
  const whole = alert.measure.unit === "seconds" && alert.threshold <= 120;
  const text = whole ? limit(alert.threshold * 1000) : valueText(alert, alert.threshold);
  return `${SIGNS[alert.operator]} ${text}`;
}

export function measureName(alert) {
  return alert.measure ? kpiName(alert.measure) : "";
}

/** Hours and minutes of a moment; with its day when that is another one than today. */
export function moment(ms, nowMs) {
  const time = new Intl.DateTimeFormat(language(), {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  }).format(ms);
  if (new Date(ms).toDateString() === new Date(nowMs).toDateString()) return time;
  const day = new Intl.DateTimeFormat(language(), { day: "numeric", month: "short" }).format(ms);
  return `${day} ${time}`;
}
