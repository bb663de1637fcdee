// The page of a signed link: its button takes the alert. The rest of the page needs no script.

import { byId, setText } from "./dom.js";

const NAME = "vigie.name";
const TIME_LIMIT_MS = 10_000;

for (const time of document.querySelectorAll("time")) {
  setText(time, new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium", timeStyle: "short",
  }).format(new Date(time.dateTime)));
}

const form = byId("take");
if (form) {
  try {
    byId("by").value = localStorage.getItem(NAME) ?? "";
  } catch {
    // Without storage the name is typed each time.
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void take();
  });
}

async function take() {
  const button = form.querySelector("button");
  const by = byId("by").value.trim();
  if (!by) return;
  button.disabled = true;
  try {
    const answer = await fetch(location.pathname + location.search, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ by, why: byId("why").value.trim() }),
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
    });
    if (answer.ok) {
      form.hidden = true;
      remember(by);
      say(form.dataset.done);
      return;
    }
    const { error, fix } = await answer.json();
    say(`${form.dataset.failed} ${error}; ${fix}`);
  } catch {
    say(form.dataset.unreachable);
  }
  button.disabled = false;
}

function remember(by) {
  try {
    localStorage.setItem(NAME, by);
  } catch {
    // See above.
  }
}

function say(text) {
  setText(byId("said"), text);
}
