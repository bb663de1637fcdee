// Asking vigie, with the token where one is needed. The token stays in this tab.

import { byId, setText } from "./dom.js";
import { words } from "./text.js";

const TOKEN = "vigie.token";
const TIME_LIMIT_MS = 10_000;

let lastToken = null;

/** A browser may refuse storage in a frame of another page: then the token goes with the page. */
function keepToken(given) {
  lastToken = given;
  try {
    sessionStorage.setItem(TOKEN, given);
  } catch {
    // Asked for again after the next load.
  }
}

function keptToken() {
  try {
    return sessionStorage.getItem(TOKEN) ?? lastToken;
  } catch {
    return lastToken;
  }
}

/** Takes a token from the address (#token=…) and removes it there; fragments are never sent. */
export function takeTokenFromAddress() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  if (!token) return;
  keepToken(token);
  history.replaceState(null, "", location.pathname + location.search);
}

export function headers() {
  const token = keptToken();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

let asking = null;

/** Shows the token dialog once, however many requests were refused. */
export function askToken() {
  asking ??= new Promise((resolve) => {
    setText(byId("token-title"), words().tokenTitle);
    setText(byId("token-label"), words().tokenLabel);
    setText(byId("token-send"), words().tokenSend);
    const dialog = byId("token-dialog");
    const input = byId("token-input");
    input.value = "";
    dialog.addEventListener("close", () => {
      if (input.value) keepToken(input.value);
      input.value = "";
      asking = null;
      resolve();
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}

export async function getJson(path) {
  const response = await fetch(path, {
    headers: headers(), cache: "no-store", signal: AbortSignal.timeout(TIME_LIMIT_MS),
  });
  if (response.status === 401) await askToken();
  if (!response.ok) throw new Refused(path, response.status);
  return response.json();
}

/** Asks for a change. Refused, the error has `status`, and `said`: why and what to do. */
export async function postJson(path, body) {
  const response = await fetch(path, {
    method: "POST", headers: { ...headers(), "Content-Type": "application/json" },
    body: JSON.stringify(body), signal: AbortSignal.timeout(TIME_LIMIT_MS),
  });
  if (response.status === 401) await askToken();
  const answer = await response.json();
  if (!response.ok) throw new Refused(path, response.status, `${answer.error}; ${answer.fix}`);
  return answer;
}

/** The name that vigie knows by a password or a token; null where whoever acts says theirs. */
export async function knownName() {
  try {
    return (await getJson("/api/me")).name;
  } catch {
    return null;
  }
}

class Refused extends Error {
  constructor(path, status, said) {
    super(`${path}: ${status}`);
    this.status = status;
    this.said = said;
  }
}
