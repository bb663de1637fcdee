// A status that needs no colour: shape and word.

import { make, setAttribute, setText } from "./dom.js";
import { SHAPES } from "./judge.js";
import { words } from "./text.js";

export class Status {
  constructor() {
    this.shape = make("span", "status-shape");
    this.shape.setAttribute("aria-hidden", "true");
    this.word = make("span", "status-word");
    this.node = make("span", "status", this.shape, this.word);
  }

  show(level) {
    setText(this.shape, SHAPES[level]);
    setText(this.word, words().levels[level]);
    setAttribute(this.node, "data-level", level);
  }
}
