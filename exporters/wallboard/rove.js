// Lists of links that are gone through with the arrow keys, as well as with Tab.

const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

/** Lets the arrow keys move the focus among the nodes of `list` that fit `selector`. */
export function rove(list, selector) {
  list.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    const links = [...list.querySelectorAll(selector)];
    const here = links.indexOf(document.activeElement);
    if (here < 0) return;
    links[Math.min(links.length - 1, Math.max(0, here + step))].focus();
    event.preventDefault();
  });
}

/** Whether a click on a link is for this tab: with a key held down the browser opens another. */
export function isPlain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}
