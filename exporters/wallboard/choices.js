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
    this.#writeAddress("replaceState");
    try {
      localStorage.setItem(STORE, JSON.stringify(this.#kept));
    } catch {
      // A browser without storage forgets the choice with the page; nothing else is lost.
    }
  }

  /** What the address says and nothing else remembers: which page is shown. */
  address(name) {
    return this.#address.get(name);
  }

  /** Changes the address so that it can be copied and gone back to; null takes a name out. */
  setAddress(values) {
    for (const [name, value] of Object.entries(values)) {
      if (value === null) this.#address.delete(name);
      else this.#address.set(name, value);
    }
    this.#writeAddress("pushState");
  }

  /** Reads the address again, after the viewer went back. */
  readAddress() {
    this.#address = new URLSearchParams(location.search);
  }

  #writeAddress(how) {
    const query = this.#address.toString();
    history[how](null, "", location.pathname + (query ? `?${query}` : ""));
  }
}
