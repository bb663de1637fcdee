// The name of a queue as a link to its page, wherever it stands.

import { make, setAttribute, setText } from "./dom.js";
import { isPlain } from "./rove.js";

const targets = new WeakMap();

/** Shows `text` in a node: as a link to a queue, or plainly where `queue` is null. */
export function showQueueLink(node, pages, text, queue, channel = null) {
  let link = node.firstElementChild;
  if (queue === null) {
    if (link) node.replaceChildren();
    setText(node, text);
    return;
  }
  if (!link) {
    link = make("a", "queue-link");
    link.addEventListener("click", (event) => {
      if (!isPlain(event)) return;
      event.preventDefault();
      const { queue: name, channel: on } = targets.get(link);
      pages.openQueue(name, on);
    });
    node.replaceChildren(link);
  }
  targets.set(link, { queue, channel });
  setText(link, text);
  setAttribute(link, "href", pages.queueAddress(queue, channel));
}
