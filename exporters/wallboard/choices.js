// What a viewer may choose: language, theme, window, channel. The address wins, then memory.

const STORE = "vigie.choices";

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? {};
  } catch {
    return {};
  }
}

/** Writes values into an address; null takes a name out. */
function put(address, values) {
  for (const [name, value] of Object.entries(values)) {
    if (value === null) address.delete(name);
    else address.set(name, value);
  }
}

function path(address) {
  const query = address.toString();
  return location.pathname + (query ? `?${query}` : "");
}

export class Choices {
  #kept = remembered();
  #address = new URLSearchParams(location.search);
  /** Links from the address of now: each of hundreds of rows asks for its own every second. */
  #links = new Map();

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
    put(this.#address, values);
    this.#writeAddress("pushState");
  }

  /** The address as it would be with some values changed, for links; null takes a name out. */
  addressWith(values) {
    const link = JSON.stringify(values);
    if (!this.#links.has(link)) {
      const changed = new URLSearchParams(this.#address);
      put(changed, values);
      this.#links.set(link, path(changed));
    }
    return this.#links.get(link);
  }

  /** Changes the address as a slider does: nothing to go back to at each step. */
  replaceAddress(values) {
    put(this.#address, values);
    this.#writeAddress("replaceState");
  }

  /** Reads the address again, after the viewer went back. */
  readAddress() {
    this.#address = new URLSearchParams(location.search);
    this.#links.clear();
  }

  #writeAddress(how) {
    this.#links.clear();
    history[how](null, "", path(this.#address));
  }
}
