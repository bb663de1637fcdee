// Reads figures by the catalogue: a value by its path, its n, its norms, and what it means.

import { DASH, count, decimal, duration, isNumber, money, percent } from "./format.js";
import { labelName, wordFor } from "./labels.js";
import { language, words } from "./text.js";

/** A figure of the catalogue with a value for each of its labels. */
export class Figure {
  constructor(kpi, labels = []) {
    this.kpi = kpi;
    this.labels = labels;
    this.path = [kpi.id, ...labels].join(".");
  }

  get name() {
    const name = kpiName(this.kpi);
    const said = this.labels
      .map((value, i) => [this.kpi.labels[i], value])
      .filter(([label, value]) => label !== "state" && !HEADLINE_LABELS.has(value));
    return [name, ...said.map(([label, value]) => labelName(label, value)).filter(Boolean)].join(", ");
  }
}

/** Label values that are the plain form of their KPI, so that its name says enough. */
export const HEADLINE_LABELS = new Set([
  "abandons_negative", "of_offered", "queue", "any", "wall_clock", "immediate", "last", "calendar",
  "no_repeat", "contact",
]);

export function kpiName(kpi) {
  const name = language() === "fr" ? kpi.french : kpi.english;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A path such as "csat" or "service_level.abandons_negative" as a figure; null if unknown. */
export function figureOf(path, catalogue) {
  const [id] = path.split(".", 1);
  const kpi = catalogue.get(id);
  if (!kpi) return null;
  const rest = path.slice(id.length + 1);
  if (!rest) return new Figure(kpi);
  // The last label has the rest: a quantile such as 0.9 has a dot of its own.
  const parts = rest.split(".");
  const labels = parts.slice(0, kpi.labels.length - 1);
  labels.push(parts.slice(kpi.labels.length - 1).join("."));
  return new Figure(kpi, labels);
}

export function at(row, path) {
  return path.reduce((value, step) => (value && typeof value === "object" ? value[step] : null),
    row) ?? null;
}

/** {value, provisional}: the final value, or while there is none yet the provisional one. */
export function read(figure, row) {
  const path = [figure.kpi.id, ...figure.labels];
  const value = at(row, path);
  const state = figure.labels.indexOf("final");
  if (isNumber(value) || state < 0) {
    return { value: isNumber(value) ? value : null, provisional: figure.labels.includes("provisional") };
  }
  path[state + 1] = "provisional";
  const early = at(row, path);
  return { value: isNumber(early) ? early : null, provisional: isNumber(early) };
}

/** How many contacts or answers are behind a figure at most, null where nobody knows. */
export function sampleOf(kpi, row) {
  return kpi.sample ? total(at(row, kpi.sample.split("."))) : null;
}

function total(value) {
  if (!value || typeof value !== "object") return isNumber(value) ? value : null;
  const parts = Object.values(value).map(total).filter(isNumber);
  return parts.length ? parts.reduce((a, b) => a + b, 0) : null;
}

export function show(kpi, value) {
  if (!isNumber(value)) return DASH;
  switch (kpi.unit) {
    case "ratio": return percent(value);
    case "seconds": return value < 60 ? `${decimal(value, 1)} s` : duration(value);
    case "money": return money(value);
    case "number": return decimal(value, Math.abs(value) >= 10 ? 1 : 2);
    default: return count(value);
  }
}

const UNSIGNED = new Set(["usual", "least"]);

/** Norms as a text, such as "good ≥ 80%, excellent ≥ 85%"; empty where there are none. */
export function goals(figure, references = figure.kpi.references) {
  const own = ownNorms(figure, references);
  const sign = { up: "≥ ", down: "≤ " }[figure.kpi.direction] ?? "";
  const short = (value) =>
    (figure.kpi.unit === "ratio" ? percent(value, 0) : show(figure.kpi, value));
  const said = Object.entries(own)
    .filter(([name]) => !name.startsWith("market_"))
    .map(([name, value]) => `${wordFor(name)} ${UNSIGNED.has(name) ? "" : sign}${short(value)}`);
  if ("market_low" in own) {
    said.push(`${wordFor("market")} ${short(own.market_low)}–${short(own.market_high)}`);
  }
  return said.join(", ");
}

/** A norm named like a label's value belongs to that value alone. */
function ownNorms(figure, references) {
  const named = figure.labels.find((value) => value in references);
  return named === undefined ? references : { target: references[named] };
}

const JUDGED_BY = ["target", "good", "least"];

/**
 * A norm is a reference line and no limit of this centre: missed, it is worth attention, never an
 * alert. Under the least sample nothing is judged.
 */
export function judge(figure, value, n, minSample, references = figure.kpi.references) {
  const own = ownNorms(figure, references);
  const norm = JUDGED_BY.map((name) => own[name]).find(isNumber);
  if (!isNumber(value) || norm === undefined || (n !== null && n < minSample)) return "none";
  if (figure.kpi.direction === "up") return value >= norm ? "ok" : "watch";
  if (figure.kpi.direction === "down") return value <= norm ? "ok" : "watch";
  return "none";
}

/** What stands under a figure: its n, or that there is too little. */
export function sampleText(kpi, n, minSample) {
  if (n === null) return "";
  return n < minSample ? words().thin(count(n), count(minSample)) : nText(kpi, n);
}

/** "n = 40", or "n ≤ 40" where only a part of those counted is behind the figure. */
export function nText(kpi, n) {
  return `n ${kpi.sample_is_bound ? "≤" : "="} ${count(n)}`;
}

/** The leaves of a value that goes by labels: [[label values], number or null]. */
export function leaves(value, path = []) {
  if (!value || typeof value !== "object") return [[path, isNumber(value) ? value : null]];
  return Object.entries(value).flatMap(([label, inner]) => leaves(inner, [...path, label]));
}
