// Keys of the whole page: not while somebody types, and not in a dialog.

/** Calls `act` for a key pressed alone; what it returns true for is taken. */
export function onKey(key, act) {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== key || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.defaultPrevented || isTyping(event.target)) return;
    if (act(event)) event.preventDefault();
  });
}

function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== "range";
  return target.closest("textarea, select, dialog") !== null;
}
