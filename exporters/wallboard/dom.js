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
