// The wallboard: takes messages from the stream and shows them; nothing else talks to it.

import { Choices } from "./choices.js";
import { byId, make, setAttribute, setText, toggle } from "./dom.js";
import { age, channelName, clockTime, isNumber, windowName } from "./format.js";
import { History } from "./history.js";
import { Panel } from "./panel.js";
import { takeTokenFromAddress } from "./requests.js";
import { KPIS, headline, queueRows } from "./rows.js";
import { BoardStream } from "./stream.js";
import { QueueTable } from "./table.js";
import { LANGUAGES, language, setLanguage, words } from "./text.js";
import { Tiles } from "./tiles.js";

const PREFERRED_WINDOWS = ["5m", "15m", "30m", "1h", "interval_30m", "interval_15m", "today"];
const CHANNEL_ORDER = [
  "voice", "chat", "messaging", "social", "email", "ticket", "task", "selfcare",
];
const CHECK_MS = 250;

const state = {
  board: null, receivedAt: 0, startedAt: performance.now(), window: "", scope: "all",
  hello: { mode: "live", stale_after_ms: 5_000, data_stale_after_ms: 60_000, windows: [] },
};
const choices = new Choices();
const seen = new History();
const tiles = new Tiles(seen);
const panel = new Panel();
const table = new QueueTable(seen, (row) => panel.open(row, state.window));
const stream = new BoardStream(receive);

function receive(event, data) {
  if (event === "hello") {
    state.hello = data;
    showChoices();
  } else if (event === "board") {
    state.board = data;
    state.receivedAt = performance.now();
    show();
  } else if (event === "refused") {
    // The window is gone with a change of settings: without one, hello tells which there are.
    state.window = "";
    follow();
  }
}

function follow() {
  const query = new URLSearchParams({ kpis: KPIS.join(",") });
  if (state.window) query.set("window", state.window);
  stream.open(`/api/stream?${query}`);
}

/** The windows to choose from: what vigie has, one interval only. */
function offeredWindows() {
  const has = new Set(state.hello.windows);
  const offered = PREFERRED_WINDOWS.filter((name) => has.has(name));
  const intervals = offered.filter((name) => name.startsWith("interval_"));
  const one = offered.filter((name) => !name.startsWith("interval_") || name === intervals[0]);
  return one.length ? one : state.hello.windows;
}

function chooseWindow() {
  const offered = offeredWindows();
  if (!offered.length) return;
  const known = (name) => state.hello.windows.includes(name);
  const before = state.window;
  state.window = choices.get("window", known) ?? (offered.includes("30m") ? "30m" : offered[0]);
  if (state.window !== before) follow();
}

function showChoices() {
  chooseWindow();
  const w = words();
  fillChoice("windows", w.windows, offeredWindows(), state.window, windowName, (name) => {
    choices.set("window", name);
    showChoices();
  });
  const channels = [...new Set((state.board?.settings.queues ?? []).map((q) => q.channel))];
  channels.sort((a, b) => CHANNEL_ORDER.indexOf(a) - CHANNEL_ORDER.indexOf(b));
  const scopes = channels.length > 1 ? ["all", ...channels] : [];
  state.scope = choices.get("channel", (name) => scopes.includes(name)) ?? "all";
  const name = (scope) => (scope === "all" ? w.allChannels : channelName(scope));
  fillChoice("scopes", w.scopes, scopes, state.scope, name, (scope) => {
    choices.set("channel", scope);
    show();
  });
}

function fillChoice(id, label, values, chosen, nameOf, choose) {
  const group = byId(id);
  setAttribute(group, "aria-label", label);
  group.hidden = values.length === 0;
  const current = [...group.children].map((button) => button.dataset.value);
  if (JSON.stringify(current) !== JSON.stringify(values)) {
    group.replaceChildren(...values.map((value) => {
      const button = make("button");
      button.type = "button";
      button.dataset.value = value;
      button.addEventListener("click", () => choose(value));
      return button;
    }));
  }
  for (const button of group.children) {
    setText(button, nameOf(button.dataset.value));
    setAttribute(button, "aria-pressed", String(button.dataset.value === chosen));
  }
}

function show() {
  const w = words();
  document.title = w.title;
  showNotice();
  showFreshness();
  showChoices();
  const board = state.board;
  if (!board || !board.windows[state.window]) return;
  const rows = queueRows(board, state.window);
  const inScope = state.scope === "all" ? rows : rows.filter((r) => r.channel === state.scope);
  const name = `${state.window}|${state.scope}`;
  tiles.show(headline(board, state.window, state.scope, rows), name, board.as_of_ms);
  table.show(inScope, state.window, board.as_of_ms);
  panel.update(rows, state.window);
}

function showNotice() {
  const w = words();
  const lines = [];
  if (state.hello.mode === "demo") lines.push(w.demo);
  if (state.hello.mode === "replay") lines.push(w.replay);
  if (state.board && !state.board.complete) lines.push(`◆ ${w.incomplete}`);
  const notice = byId("notice");
  setText(notice, lines.join("  ·  "));
  notice.hidden = lines.length === 0;
}

/** Says how old the data is, four times a second, from the page's own clock. */
function showFreshness() {
  const w = words();
  const now = performance.now();
  const silentMs = now - (state.receivedAt || state.startedAt);
  const board = state.board;
  const known = board && isNumber(board.data_age_ms);
  const ageMs = known ? board.data_age_ms + (now - state.receivedAt) : null;
  const silent = silentMs > state.hello.stale_after_ms;
  const old = known && ageMs > state.hello.data_stale_after_ms;
  const stopped = silent || old;
  toggle(document.body, "data-stopped", stopped);
  byId("stopped").hidden = !stopped;
  if (stopped) {
    setText(byId("stopped-words"), w.stopped);
    setText(byId("stopped-why"),
      !silent ? w.old(age(ageMs)) : board ? w.silent(age(silentMs)) : w.neverConnected);
  }
  const text = !board ? w.connecting
    : `${known ? w.age(age(ageMs)) : w.noData} · ${clockTime(board.as_of_ms)}`;
  setText(byId("freshness"), `${stopped ? "■" : "●"} ${text}`);
}

function showLanguageAndTheme() {
  const w = words();
  const dark = document.documentElement.dataset.theme === "dark";
  document.documentElement.lang = language();
  setText(byId("language"), w.otherLanguage);
  setAttribute(byId("language"), "aria-label", w.otherLanguageName);
  setAttribute(byId("language"), "lang", language() === "fr" ? "en" : "fr");
  setText(byId("theme"), dark ? w.toLight : w.toDark);
  setAttribute(byId("theme"), "title", w.themeLabel);
  show();
}

function chooseLanguage() {
  const known = (value) => LANGUAGES.includes(value);
  setLanguage(choices.get("lang", known) ?? (navigator.language.startsWith("fr") ? "fr" : "en"));
}

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function chooseTheme() {
  const known = (value) => value === "light" || value === "dark";
  document.documentElement.dataset.theme =
    choices.get("theme", known) ?? (prefersDark.matches ? "dark" : "light");
}

byId("language").addEventListener("click", () => {
  choices.set("lang", language() === "fr" ? "en" : "fr");
  chooseLanguage();
  showLanguageAndTheme();
});
byId("theme").addEventListener("click", () => {
  choices.set("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  chooseTheme();
  showLanguageAndTheme();
});
prefersDark.addEventListener("change", () => { chooseTheme(); showLanguageAndTheme(); });

takeTokenFromAddress();
chooseLanguage();
chooseTheme();
showLanguageAndTheme();
follow();
setInterval(showFreshness, CHECK_MS);
