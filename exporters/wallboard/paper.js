// What paper and pictures say at their head: of when the numbers are, how old, and the signs.

import { byId, setText } from "./dom.js";
import { age, isNumber } from "./format.js";
import { fullTime } from "./past_times.js";
import { screenWords } from "./screen_words.js";
import { words } from "./text.js";

/** `board` is the one shown, `ageMs` how old its data is now, or null. */
export function showFacts(board, { pageName, isPast, ageMs, isStopped }) {
  const w = screenWords().paper;
  setText(byId("paper-title"), `${words().title} · ${pageName}`);
  setText(byId("paper-legend"), w.legend);
  if (!board) {
    setText(byId("paper-when"), words().connecting);
    return;
  }
  const when = fullTime(board.as_of_ms);
  const parts = isPast ? [w.was(when)] : [w.at(when)];
  if (!isPast && isNumber(ageMs)) parts.push(w.age(age(ageMs)));
  if (!isPast && isStopped) parts.unshift(`■ ${w.stopped}`);
  setText(byId("paper-when"), parts.join(" · "));
}
