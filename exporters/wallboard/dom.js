// Building the page: text nodes only, so that no name in the data can become markup.

export function byId(id) {
  return document.getElementById(id);
}

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Gives a node so many children: those that are there stay, `build(i)` makes those that lack. */
export function fit(parent, count, build) {
  while (parent.children.length > count) parent.lastElementChild.remove();
  while (parent.children.length < count) parent.append(build(parent.children.length));
}

/** The head of a table: a cell for each text. */
export function fillHead(head, texts) {
  fit(head, texts.length, () => {
    const cell = make("th");
    cell.scope = "col";
    return cell;
  });
  texts.forEach((text, i) => setText(head.children[i], text));
}

/**
 * Puts a part for each key into a list, in the order of the keys. `parts` has those of the last
 * time: they keep their nodes, and the focus in them; those that are asked for no more go.
 */
export function arrange(list, parts, keys, build) {
  const wanted = new Set(keys);
  for (const [key, part] of parts) {
    if (wanted.has(key)) continue;
    part.node.remove();
    parts.delete(key);
  }
  const nodes = keys.map((key) => {
    if (!parts.has(key)) parts.set(key, build());
    return parts.get(key).node;
  });
  const places = new Map([...list.children].map((node, place) => [node, place]));
  const staying = rising(nodes.filter((node) => places.has(node)), (node) => places.get(node));
  let next = null;
  for (const node of nodes.reverse()) {
    if (!staying.has(node)) {
      const focused = node.contains(document.activeElement) ? document.activeElement : null;
      list.insertBefore(node, next);
      focused?.focus();
    }
    next = node;
  }
}

/** As many of the items as possible whose places rise: a node that moves is laid out anew. */
function rising(items, placeOf) {
  const ends = []; // by length of a run: the item at its end, the one with the lowest place
  const before = new Map();
  for (const item of items) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (placeOf(ends[middle]) < placeOf(item)) low = middle + 1;
      else high = middle;
    }
    before.set(item, ends[low - 1]);
    ends[low] = item;
  }
  const found = new Set();
  for (let item = ends.at(-1); item; item = before.get(item)) found.add(item);
  return found;
}

/** Writes only what changed: a wall of numbers is repainted every second, for weeks. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export function toggle(element, className, on) {
  if (element.classList.contains(className) !== on) element.classList.toggle(className, on);
}
