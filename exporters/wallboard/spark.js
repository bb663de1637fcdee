// A small line without axes: where a number comes from. Decoration only, hidden from readers.

import { isNumber } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const HEIGHT = 30;
const PAD = 2;

function element(name, className) {
  const made = document.createElementNS(SVG, name);
  made.setAttribute("class", className);
  return made;
}

export class Spark {
  #drawn = {};

  constructor() {
    this.node = element("svg", "spark");
    this.node.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.node.setAttribute("preserveAspectRatio", "none");
    this.node.setAttribute("aria-hidden", "true");
    this.area = element("path", "spark-area");
    this.goal = element("path", "spark-goal");
    this.line = element("path", "spark-line");
    this.node.append(this.area, this.goal, this.line);
  }

  /**
   * Draws points {timeMs, value}; `goal` is a dashed line; `top` the least upper end. What is drawn
   * already stays: points that changed come in an array of their own.
   */
  draw(points, { goal = null, top = 0, bottom = 0 } = {}) {
    const before = this.#drawn;
    if (points === before.points && goal === before.goal && top === before.top
      && bottom === before.bottom) return;
    this.#drawn = { points, goal, top, bottom };
    const values = points.map((p) => p.value).filter(isNumber);
    const high = Math.max(top, goal ?? bottom, ...values);
    const low = Math.min(bottom, ...values);
    const y = (value) =>
      HEIGHT - PAD - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * PAD);
    const from = points[0]?.timeMs ?? 0;
    const span = (points.at(-1)?.timeMs ?? 0) - from || 1;
    const x = (timeMs) => ((timeMs - from) / span) * WIDTH;
    const strokes = [];
    const areas = [];
    for (const run of runs(points)) {
      const path = run.map((p) => `${x(p.timeMs).toFixed(1)} ${y(p.value).toFixed(1)}`);
      strokes.push(`M${path.join("L")}`);
      areas.push(
        `M${x(run[0].timeMs).toFixed(1)} ${HEIGHT}L${path.join("L")}`
        + `L${x(run.at(-1).timeMs).toFixed(1)} ${HEIGHT}Z`,
      );
    }
    this.line.setAttribute("d", strokes.join(""));
    this.area.setAttribute("d", areas.join(""));
    const level = goal === null ? null : y(goal).toFixed(1);
    this.goal.setAttribute("d", level === null ? "" : `M0 ${level}H${WIDTH}`);
  }
}

/** Stretches without a gap; a moment without a value is a gap, not a zero. */
function runs(points) {
  const found = [];
  let run = [];
  for (const point of points) {
    if (isNumber(point.value)) run.push(point);
    else if (run.length) { found.push(run); run = []; }
  }
  if (run.length) found.push(run);
  return found.filter((r) => r.length > 1);
}
