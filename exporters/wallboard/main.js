// The wallboard: takes messages from the stream and shows them; nothing else talks to it.

import { Alerts } from "./alerts.js";
import { Choices } from "./choices.js";
import { byId, make, setAttribute, setText, toggle } from "./dom.js";
import { age, channelName, clockTime, isNumber, setCurrency, windowName } from "./format.js";
import { FiguresPage, LeadTiles, targetsOf } from "./board.js";
import { Expressions } from "./expressions.js";
import { Figure, figureOf } from "./figures.js";
import { History } from "./history.js";
import { Pages } from "./pages.js";
import { Panel } from "./panel.js";
import { getJson, takeTokenFromAddress } from "./requests.js";
import { KPIS, headline, queueRows } from "./rows.js";
import { BoardStream } from "./stream.js";
import { QueueTable } from "./table.js";
import { LANGUAGES, language, setLanguage, words } from "./text.js";
import { Tiles } from "./tiles.js";
import { TrendsPage } from "./trends.js";

const PREFERRED_WINDOWS = ["5m", "15m", "30m", "1h", "interval_30m", "interval_15m", "today"];
const CHANNEL_ORDER = [
  "voice", "chat", "messaging", "social", "email", "ticket", "task", "selfcare",
];
/** A page of figures of days begins with a day, not with the last half hour. */
const LONG_WINDOWS = ["today", "1h", "30m"];
/** Pages that have windows of their own, or none. */
const WITHOUT_WINDOW = new Set(["trends", "alerts"]);
const CHECK_MS = 250;
const RETRY_MS = 3_000;

const state = {
  board: null, receivedAt: 0, startedAt: performance.now(), window: "", scope: "all",
  catalogue: new Map(), headline: [], isPending: true,
  hello: { mode: "live", stale_after_ms: 5_000, data_stale_after_ms: 60_000, windows: [] },
};
const choices = new Choices();
const seen = new History();
const tiles = new Tiles(seen);
const panel = new Panel();
const table = new QueueTable(seen, (row) => panel.open(row, state.window));
const stream = new BoardStream(receive);
const pages = new Pages(choices, changePage);
const figures = new FiguresPage(seen, choices, () => show());
const trends = new TrendsPage(choices, () => follow());
const expressions = new Expressions();
const alerts = new Alerts(pages, showTitle);
const chosen = new LeadTiles(byId("chosen"), seen);

function receive(event, data) {
  if (event === "hello") {
    state.hello = data;
    showChoices();
  } else if (event === "board") {
    state.board = data;
    state.receivedAt = performance.now();
    state.isPending = false;
    setCurrency(data.settings.currency);
    takeHeadline(data.settings.headline ?? []);
    show();
  } else if (event === "refused") {
    // The window is gone with a change of settings: without one, hello tells which there are.
    state.window = "";
    follow();
  }
}

/** Asks the stream for what the page shows and nothing else. */
function follow() {
  state.isPending = true;
  const { kpis, rows } = asked();
  const query = new URLSearchParams({ kpis: kpis.join(","), rows: rows.join(",") });
  // The trends have windows of their own, and ask for so little that all of them may come.
  if (state.window && !WITHOUT_WINDOW.has(pages.page.id)) query.set("window", state.window);
  stream.open(`/api/stream?${query}`);
}

function asked() {
  const page = pages.page;
  if (page.id === "trends") return trends.asked();
  const isQueues = page.id === "queues";
  const ids = isQueues ? [...KPIS, ...state.headline.map((one) => one.kpi)] : page.kpis;
  const samples = ids.map((id) => state.catalogue.get(id)?.sample?.split(".")[0]).filter(Boolean);
  const rows = isQueues
    ? ["pairs", "channels", ...state.headline.map((one) => one.row?.rows).filter(Boolean)]
    : page.rows;
  return { kpis: [...new Set([...ids, ...samples])], rows: [...new Set(rows)] };
}

function changePage() {
  chooseWindow({ follows: false });
  follow();
  if (pages.page.id === "trends") trends.open(state.catalogue);
  else trends.close();
  alerts.turn(pages.page.id === "alerts");
  show();
}

/** The KPIs that the settings lead with: known with the first board, asked for from then on. */
function takeHeadline(headline) {
  if (JSON.stringify(headline) === JSON.stringify(state.headline)) return;
  state.headline = headline;
  follow();
}

async function loadPages() {
  try {
    const [known, all] = await Promise.all([getJson("/api/kpis"), getJson("/api/pages")]);
    state.catalogue = new Map(known.kpis.map((kpi) => [kpi.id, kpi]));
    const before = pages.page.id;
    pages.take(all.pages);
    if (all.pages.some((page) => page.id === "alerts")) alerts.start();
    // Only now it is known which counts are behind the chosen figures.
    if (pages.page.id === before && state.headline.length) follow();
    else if (pages.page.id === before) show();
  } catch {
    setTimeout(() => void loadPages(), RETRY_MS);
  }
}

/** The windows to choose from: what vigie has, one interval only. */
function offeredWindows() {
  const has = new Set(state.hello.windows);
  const offered = PREFERRED_WINDOWS.filter((name) => has.has(name));
  const intervals = offered.filter((name) => name.startsWith("interval_"));
  const one = offered.filter((name) => !name.startsWith("interval_") || name === intervals[0]);
  return one.length ? one : state.hello.windows;
}

function chooseWindow({ follows = true } = {}) {
  const offered = offeredWindows();
  if (!offered.length) return;
  const known = (name) => state.hello.windows.includes(name);
  const before = state.window;
  const isQueues = pages.page.id === "queues";
  const usual = (isQueues ? ["30m"] : LONG_WINDOWS).find((name) => offered.includes(name));
  state.window = choices.get(windowChoice(), known) ?? usual ?? offered[0];
  if (follows && state.window !== before) follow();
}

/** The queues are looked at over minutes, scores over a day: two choices to remember. */
function windowChoice() {
  return pages.page.id === "queues" ? "window" : "long_window";
}

function showChoices() {
  chooseWindow();
  const w = words();
  fillChoice("windows", w.windows, offeredWindows(), state.window, windowName, (name) => {
    choices.set(windowChoice(), name);
    showChoices();
  });
  const channels = [...new Set((state.board?.settings.queues ?? []).map((q) => q.channel))];
  channels.sort((a, b) => CHANNEL_ORDER.indexOf(a) - CHANNEL_ORDER.indexOf(b));
  const scopes = channels.length > 1 && pages.page.id === "queues" ? ["all", ...channels] : [];
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
  showTitle();
  showNotice();
  showFreshness();
  showChoices();
  pages.show();
  const page = pages.page;
  const isQueues = page.id === "queues";
  byId("page-queues").hidden = !isQueues;
  const isAlerts = page.id === "alerts";
  byId("page-figures").hidden = isQueues || isAlerts;
  byId("page-alerts").hidden = !isAlerts;
  const isTrends = page.id === "trends";
  for (const id of ["leads", "breakdown", "cards"]) toggle(byId(id), "away", isTrends);
  byId("trends").hidden = !isTrends;
  expressions.turn(page.id === "selfcare");
  expressions.show();
  byId("windows").hidden = WITHOUT_WINDOW.has(page.id);
  alerts.show();
  if (isTrends) trends.show(state.catalogue, state.isPending ? null : state.board);
  setAttribute(byId("page-figures"), "aria-labelledby", `tab-${page.id}`);
  setText(byId("breakdown-title"), w.breakdown);
  const board = state.board;
  if (state.isPending || !board || !board.windows[state.window]) return;
  if (isTrends || isAlerts) return;
  if (!isQueues) {
    const leads = page.leads.map((path) => figureOf(path, state.catalogue)).filter(Boolean);
    figures.show(page, board, state.window, leads, state.catalogue);
    return;
  }
  showChosen(board);
  const rows = queueRows(board, state.window);
  const inScope = state.scope === "all" ? rows : rows.filter((r) => r.channel === state.scope);
  const name = `${state.window}|${state.scope}`;
  tiles.show(headline(board, state.window, state.scope, rows), name, board.as_of_ms);
  table.show(inScope, state.window, board.as_of_ms);
  panel.update(rows, state.window);
  openAsked(rows);
}

/** A link in a message names a queue: what is behind its numbers opens, once. */
function openAsked(rows) {
  const queue = choices.address("queue");
  if (!queue) return;
  const channel = choices.address("channel");
  const row = rows.find((one) => one.queue === queue && (!channel || one.channel === channel));
  if (!row) return;
  choices.setAddress({ queue: null });
  panel.open(row, state.window);
}

/** The number of alerts that wait stands before the name: a tab in the background shows it. */
function showTitle() {
  document.title = alerts.untaken ? `(${alerts.untaken}) ${words().title}` : words().title;
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

/** The figures that the settings chose stand in the place of the usual tiles. */
function showChosen(board) {
  const window = board.windows[state.window];
  const shown = state.headline
    .filter((one) => state.catalogue.has(one.kpi))
    .map((one) => ({
      figure: new Figure(state.catalogue.get(one.kpi), one.labels),
      row: (one.row ? window[one.row.rows]?.[one.row.name] : window.total) ?? {},
      of: one.row?.name,
      references: targetsOf(board)[one.kpi],
    }));
  byId("chosen").hidden = shown.length === 0;
  byId("headline").hidden = shown.length > 0;
  setAttribute(byId("chosen"), "aria-label", words().headline);
  chosen.show(shown, `chosen|${state.window}`, board.as_of_ms, board.settings.min_sample);
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
void loadPages();
setInterval(showFreshness, CHECK_MS);
