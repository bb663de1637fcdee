// What the hint about the next half hour says: one sentence, and what it was computed from.

import { count, isNumber, limit, percent, windowName } from "./format.js";
import { words } from "./text.js";

/** {title, hint, inputs} of a queue's entry in /api/staffing that has a hint. */
export function staffingTexts({ hint, shared }) {
  const w = words().staffing;
  const { inputs } = hint;
  const expected = percent(hint.expected, 0);
  const seconds = (time) => `${count(time)} s`;
  return {
    title: w.title,
    hint: hint.more > 0 ? w.more(count(hint.more), percent(inputs.target, 0))
      : hint.spare > 0 ? w.spare(count(hint.spare), expected) : w.enough(expected),
    inputs: [
      w.expected(expected, limit(inputs.threshold_s * 1000), percent(hint.expected_patient, 0)),
      w.load(count(inputs.contacts), seconds(inputs.handle_s), windowName(inputs.handle_window)),
      isNumber(inputs.patience_s)
        ? w.patience(seconds(inputs.patience_s), windowName(inputs.patience_window)) : w.patient,
      w.agents(count(inputs.agents), count(hint.needed)),
      shared ? w.shared : w.alone,
    ].join(" · "),
  };
}
