// The six headline numbers, each with its target, the count behind it and where it comes from.

import { byId, make, setAttribute, setText, toggle } from "./dom.js";
import { count, duration, isNumber, limit, percent, range } from "./format.js";
import * as judge from "./judge.js";
import { Spark } from "./spark.js";
import { Status } from "./status.js";
import { words } from "./text.js";

const TILES = ["service_level", "waiting", "longest", "available", "abandonment", "answer"];

/** Measured once per text: the font is the one that the screen has, wide or narrow. */
const measured = new Map();
const MOST_MEASURED = 2_000;
let pen = null;

/** How wide a number is in the font of the page, in em. */
function ems(text) {
  let found = measured.get(text);
  if (found === undefined) {
    if (!pen) {
      pen = document.createElement("canvas").getContext("2d");
      pen.font = `650 100px ${getComputedStyle(document.body).fontFamily}`;
    }
    if (measured.size >= MOST_MEASURED) measured.clear();
    found = Math.max(1, pen.measureText(text).width / 100);
    measured.set(text, found);
  }
  return found;
}

export class Tile {
  constructor(id) {
    this.id = id;
    this.label = make("h2", "tile-label");
    this.status = new Status();
    this.value = make("p", "tile-value");
    this.goal = make("p", "tile-goal");
    this.sample = make("p", "tile-sample");
    this.spark = new Spark();
    this.node = make(
      "article", "tile",
      make("header", "tile-head", this.label, this.status.node),
      this.value, this.goal, this.sample, this.spark.node,
    );
    this.node.id = `tile-${id}`;
  }

  show({ label, value, goal, sample, level, thin = false }) {
    setText(this.label, label);
    setText(this.value, value);
    setText(this.goal, goal);
    setText(this.sample, sample);
    this.status.show(level);
    setAttribute(this.node, "data-level", level);
    setAttribute(
      this.node, "aria-label", `${label}: ${value}, ${words().levels[level]}, ${goal}, ${sample}`,
    );
    toggle(this.node, "thin", thin);
    this.value.style.setProperty("--ems", ems(value).toFixed(2));
  }
}

/** What each tile says about a headline; pure, so that it reads like the page. */
function contents(head) {
  const w = words();
  const n = head.offered;
  const least = head.minSample;
  const thin = !(n >= least);
  const sample = thin && isNumber(n) ? w.thin(count(n), count(least)) : w.nOffered(count(n));
  const target = head.targets.length ? Math.max(...head.targets) : 0.8;
  const targets = head.targets.length ? head.targets : [0.8];
  const thresholds = head.thresholds.length ? head.thresholds : [90_000];
  const waitLimits = head.liveThresholds.length ? head.liveThresholds : thresholds;
  const waitingLevel = judge.waiting(head.waiting, head.over, head.atRisk);
  return {
    service_level: {
      label: w.service_level,
      value: percent(head.serviceLevel),
      goal: w.target(range(targets, (t) => percent(t, 0)), range(thresholds, limit)),
      sample, thin,
      level: judge.serviceLevel(head.serviceLevel, n, target, least),
    },
    waiting: {
      label: w.waiting,
      value: count(head.waiting),
      goal: w.overAndRisk(count(head.over), count(head.atRisk)),
      sample: head.deferred === null ? w.nWaiting(count(head.waiting))
        : w.deferred(count(head.deferred)),
      level: waitingLevel,
    },
    longest: {
      label: w.longest,
      value: duration(head.longest),
      goal: w.limit(range(waitLimits, limit)),
      sample: head.deferred === null ? w.nWaiting(count(head.waiting)) : w.deferredApart,
      level: isNumber(head.longest) ? waitingLevel : isNumber(head.waiting) ? "ok" : "none",
    },
    available: {
      label: w.available,
      value: count(head.available),
      goal: w.atLeast(count(1)),
      sample: w.nStaffed(count(head.staffed), count(head.occupied)),
      level: judge.agents(head.available, head.staffed, head.waiting),
    },
    abandonment: {
      label: w.abandonment,
      value: percent(head.abandonmentRate),
      goal: w.atMost(percent(judge.ABANDONMENT_LIMIT, 0)),
      sample, thin,
      level: judge.abandonment(head.abandonmentRate, n, least),
    },
    answer: {
      label: w.answer,
      value: percent(head.answerRate),
      goal: w.atLeast(percent(judge.ANSWER_TARGET, 0)),
      sample, thin,
      level: judge.answerRate(head.answerRate, n, least),
    },
  };
}

const LINES = {
  service_level: (head) => ({ value: head.serviceLevel, top: 1,
    goal: head.targets.length ? Math.max(...head.targets) : null }),
  waiting: (head) => ({ value: head.waiting, top: 5 }),
  longest: (head) => ({ value: head.longest ?? 0, top: 30,
    goal: head.liveThresholds.length ? Math.min(...head.liveThresholds) / 1000 : null }),
  available: (head) => ({ value: head.available, top: 5 }),
  abandonment: (head) => ({ value: head.abandonmentRate, top: 0.1, goal: judge.ABANDONMENT_LIMIT }),
  answer: (head) => ({ value: head.answerRate, top: 1, goal: judge.ANSWER_TARGET }),
};

export class Tiles {
  /** `prefix` keeps the ids of tiles apart where there are two sets of them. */
  constructor(history, node = byId("headline"), prefix = "") {
    this.history = history;
    this.node = node;
    this.tiles = new Map(TILES.map((id) => [id, new Tile(prefix + id)]));
    node.append(...[...this.tiles.values()].map((tile) => tile.node));
  }

  show(head, name, timeMs) {
    setAttribute(this.node, "aria-label", words().headline);
    const shown = contents(head);
    for (const [id, tile] of this.tiles) {
      tile.show(shown[id]);
      const { value, ...scale } = LINES[id](head);
      this.history.add(`${name}|${id}`, timeMs, value);
      tile.spark.draw(this.history.points(`${name}|${id}`), scale);
    }
  }
}
