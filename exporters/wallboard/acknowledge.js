// The page of a signed link: its button takes the alert. The rest of the page needs no script.

import { byId, setText } from "./dom.js";
import { rememberName, rememberedName } from "./name.js";
import { postJson } from "./requests.js";

for (const time of document.querySelectorAll("time")) {
  setText(time, new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium", timeStyle: "short",
  }).format(new Date(time.dateTime)));
}

const form = byId("take");
if (form) {
  byId("by").value = rememberedName();
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
    await postJson(location.pathname + location.search, { by, why: byId("why").value.trim() });
    form.hidden = true;
    rememberName(by);
    say(form.dataset.done);
    return;
  } catch (problem) {
    say(problem.said ? `${form.dataset.failed} ${problem.said}` : form.dataset.unreachable);
  }
  button.disabled = false;
}

function say(text) {
  setText(byId("said"), text);
}
