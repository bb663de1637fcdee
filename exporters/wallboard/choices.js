// What a viewer may choose: language, theme, window, channel. The address wins, then memory.

const STORE = "vigie.choices";

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? {};
  } catch {
    return {};
  }
}

export class Choices {
  #kept = remembered();
  #address = new URLSearchParams(location.search);

  /** The chosen value, or null; `allowed` tells whether a value makes sense. */
  get(name, allowed) {
    for (const value of [this.#address.get(name), this.#kept[name]]) {
      if (typeof value === "string" && allowed(value)) return value;
    }
    return null;
  }

  set(name, value) {
    this.#kept[name] = value;
    this.#address.delete(name);
    const query = this.#address.toString();
    history.replaceState(null, "", location.pathname + (query ? `?${query}` : ""));
    try {
      localStorage.setItem(STORE, JSON.stringify(this.#kept));
    } catch {
      // A browser without storage forgets the choice with the page; nothing else is lost.
    }
  }
}
