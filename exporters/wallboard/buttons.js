// A group of buttons of which one is pressed: windows, channels, lists.

import { make, setAttribute, setText } from "./dom.js";

const choosers = new WeakMap();

/** Shows a button for each value; `choose(value)` is called for the one that is clicked. */
export function showButtons(group, { label, values, chosen, nameOf, choose }) {
  choosers.set(group, choose);
  setAttribute(group, "aria-label", label);
  const current = [...group.children].map((button) => button.dataset.value);
  if (JSON.stringify(current) !== JSON.stringify(values)) {
    group.replaceChildren(...values.map((value) => {
      const button = make("button");
      button.type = "button";
      button.dataset.value = value;
      button.addEventListener("click", () => choosers.get(group)(value));
      return button;
    }));
  }
  for (const button of group.children) {
    setText(button, nameOf(button.dataset.value));
    setAttribute(button, "aria-pressed", String(button.dataset.value === chosen));
  }
}
