// The name of whoever acts on this device, remembered for the next time.

const NAME = "vigie.name";

export function rememberedName() {
  try {
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}

export function rememberName(name) {
  try {
    localStorage.setItem(NAME, name);
  } catch {
    // A browser without storage forgets the name with the page.
  }
}
