// What is said of an alert wherever it is shown: its name, its row, its value.

import { channelName, isNumber, limit } from "./format.js";
import { kpiName, show } from "./figures.js";
import { alertWords } from "./alert_words.js";
import { SHAPES } from "./judge.js";
import { language, words } from "./text.js";

const SEVERITY_LEVELS = { critical: "alert", warning: "watch" };
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

/** How many alerts wait for somebody, of the counts of a list; null while they are unknown. */
export function untaken(counts) {
  return counts ? counts.unacknowledged.critical + counts.unacknowledged.warning : null;
}
