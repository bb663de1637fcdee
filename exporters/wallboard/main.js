// The wallboard: takes messages from the stream and shows them; nothing else talks to it.

import { AGENTS_KPIS, AgentsPage } from "./agents.js";
import { Alerts } from "./alerts.js";
import { showButtons } from "./buttons.js";
import { Choices } from "./choices.js";
import { byId, setAttribute, setText, toggle } from "./dom.js";
import { age, channelName, clockTime, isNumber, setCurrency, windowName } from "./format.js";
import { FiguresPage, LeadTiles, targetsOf } from "./board.js";
import { Capture } from "./capture.js";
import { embedding } from "./embed.js";
import { Expressions } from "./expressions.js";
import { Figure, figureOf } from "./figures.js";
import { History } from "./history.js";
import { Kiosk } from "./kiosk.js";
import { OVERVIEW_KPIS, Overview } from "./overview.js";
import { Pages } from "./pages.js";
import { showFacts } from "./paper.js";
import { Past } from "./past.js";
import { QueuePage } from "./queue_page.js";
import { getJson, takeTokenFromAddress } from "./requests.js";
import { KPIS, headline, queueRows } from "./rows.js";
import { screenWords } from "./screen_words.js";
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
/** Pages that show what only the moment knows, or compare with it. */
const ONLY_NOW = new Set(["queue", "agents", "trends", "alerts"]);
/** Pages of now: they begin with half an hour, and share the choice of the window. */
const LIVE_PAGES = new Set(["overview", "queues", "queue", "agents"]);
/** Pages that lead with the headline numbers. */
const WITH_HEADLINE = new Set(["overview", "queues"]);
/** Pages that have windows of their own, or none. */
const WITHOUT_WINDOW = new Set(["trends", "alerts"]);
const CHECK_MS = 250;
const RETRY_MS = 3_000;

const state = {
  board: null, live: null, receivedAt: 0, startedAt: performance.now(), window: "", scope: "all",
  catalogue: new Map(), headline: [], isPending: true,
  hello: { mode: "live", stale_after_ms: 5_000, data_stale_after_ms: 60_000, windows: [] },
};
const choices = new Choices();
const seen = new History();
const tiles = new Tiles(seen);
const stream = new BoardStream(receive);
const pages = new Pages(choices, changePage);
const table = new QueueTable(seen, pages);
const overview = new Overview(pages);
const queuePage = new QueuePage(pages, seen, {
  window: () => state.window, catalogue: () => state.catalogue,
  queues: () => state.live?.settings.queues ?? null,
});
const agents = new AgentsPage(choices, () => show(), pages);
const figures = new FiguresPage(seen, choices, () => show(), pages);
const trends = new TrendsPage(choices, () => follow());
const expressions = new Expressions();
const alerts = new Alerts(pages, showAlertsElsewhere);
const chosen = new LeadTiles(byId("chosen"), seen);
const frame = embedding(choices);
const kiosk = new Kiosk(() => pages.rotation.isOn);
const capture = new Capture(() => ({ page: pages.page.id, atMs: state.board?.as_of_ms ?? Date.now() }));
const past = new Past(choices, {
  changed: (board) => takeBoard(board ?? state.live),
  settled: () => { seen.isPaused = past.isOn; show(); },
  onlyNow: () => ONLY_NOW.has(pages.page.id),
  hasAlerts: () => pages.has("alerts"),
});

function receive(event, data) {
  if (event === "hello") {
    state.hello = data;
    if (data.build) kiosk.takeBuild(data.build);
    showChoices();
  } else if (event === "board") {
    state.live = data;
    state.receivedAt = performance.now();
    past.note(data.as_of_ms);
    // While the page shows another instant, the newest board waits.
    if (!past.isOn) takeBoard(data);
  } else if (event === "refused") {
    // The window is gone with a change of settings: without one, hello tells which there are.
    state.window = "";
    follow();
  }
}

function takeBoard(board) {
  if (!board) return;
  state.board = board;
  state.isPending = false;
  setCurrency(board.settings.currency);
  takeHeadline(board.settings.headline ?? []);
  show();
}

/** Asks the stream for what the page shows and nothing else. */
function follow() {
  state.isPending = true;
  const { kpis, rows } = asked();
  const query = new URLSearchParams({ kpis: kpis.join(","), rows: rows.join(",") });
  // The trends have windows of their own, and ask for so little that all of them may come.
  if (state.window && !WITHOUT_WINDOW.has(pages.page.id)) query.set("window", state.window);
  stream.open(`/api/stream?${query}`);
  past.ask(query);
}

function asked() {
  const page = pages.page;
  if (page.id === "trends") return trends.asked();
  // The page of a queue asks by itself; the stream tells that data flows.
  if (page.id === "queue") return { kpis: ["contacts_waiting"], rows: [] };
  const hasHeadline = WITH_HEADLINE.has(page.id);
  const own = { overview: OVERVIEW_KPIS, agents: AGENTS_KPIS }[page.id] ?? [];
  const ids = hasHeadline ? [...KPIS, ...own, ...state.headline.map((one) => one.kpi)]
    : [...page.kpis, ...own];
  const samples = ids.map((id) => state.catalogue.get(id)?.sample?.split(".")[0]).filter(Boolean);
  const rows = hasHeadline
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
  queuePage.turn(pages.queue);
  agents.turn(pages.page.id === "agents");
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
    kiosk.begin();
    if (pages.has("alerts")) alerts.start();
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
  const usual = (LIVE_PAGES.has(pages.page.id) ? ["30m"] : LONG_WINDOWS)
    .find((name) => offered.includes(name));
  state.window = choices.get(windowChoice(), known) ?? usual ?? offered[0];
  if (follows && state.window !== before) follow();
}

/** Queues and agents are looked at over minutes, scores over a day: two choices to remember. */
function windowChoice() {
  return LIVE_PAGES.has(pages.page.id) ? "window" : "long_window";
}

function showChoices() {
  chooseWindow();
  const w = words();
  const offered = offeredWindows();
  byId("windows").hidden = offered.length === 0;
  showButtons(byId("windows"), {
    label: w.windows, values: offered, chosen: state.window, nameOf: windowName,
    choose: (name) => {
      choices.set(windowChoice(), name);
      showChoices();
    },
  });
  const channels = [...new Set((state.board?.settings.queues ?? []).map((q) => q.channel))];
  channels.sort((a, b) => CHANNEL_ORDER.indexOf(a) - CHANNEL_ORDER.indexOf(b));
  const scopes = channels.length > 1 && WITH_HEADLINE.has(pages.page.id) ? ["all", ...channels] : [];
  state.scope = choices.get("channel", (name) => scopes.includes(name)) ?? "all";
  byId("scopes").hidden = scopes.length === 0;
  showButtons(byId("scopes"), {
    label: w.scopes, values: scopes, chosen: state.scope,
    nameOf: (scope) => (scope === "all" ? w.allChannels : channelName(scope)),
    choose: (scope) => {
      choices.set("channel", scope);
      show();
    },
  });
}

function show() {
  const w = words();
  showTitle();
  showNotice();
  showFreshness();
  showChoices();
  pages.show();
  const page = pages.page;
  const isAlerts = page.id === "alerts";
  const isOverview = page.id === "overview";
  const isQueue = page.id === "queue";
  const hasHeadline = WITH_HEADLINE.has(page.id);
  byId("heads").hidden = !hasHeadline;
  byId("page-overview").hidden = !isOverview;
  byId("page-queue").hidden = !isQueue;
  byId("page-queues").hidden = page.id !== "queues";
  byId("page-figures").hidden = hasHeadline || isQueue || isAlerts;
  byId("page-alerts").hidden = !isAlerts;
  toggle(document.body, "wall", isOverview);
  const isTrends = page.id === "trends";
  for (const id of ["leads", "breakdown", "cards"]) toggle(byId(id), "away", isTrends);
  const isAgents = page.id === "agents";
  if (isAgents) toggle(byId("breakdown"), "away", true); // it has a table of its own
  byId("trends").hidden = !isTrends;
  expressions.turn(page.id === "selfcare");
  expressions.show();
  byId("windows").hidden = WITHOUT_WINDOW.has(page.id);
  alerts.show();
  queuePage.show();
  if (isTrends) trends.show(state.catalogue, state.isPending ? null : state.board);
  setAttribute(byId("page-figures"), "aria-labelledby", `tab-${page.id}`);
  setText(byId("breakdown-title"), w.breakdown);
  const board = state.board;
  if (state.isPending || !board || !board.windows[state.window]) return;
  if (isTrends || isAlerts || isQueue) return;
  if (!hasHeadline) {
    const leads = page.leads.map((path) => figureOf(path, state.catalogue)).filter(Boolean);
    figures.show(page, board, state.window, leads, state.catalogue);
    if (isAgents) agents.show(board.windows[state.window], state.window);
    return;
  }
  showChosen(board);
  const rows = queueRows(board, state.window);
  const inScope = rows.filter((row) => (state.scope === "all" || row.channel === state.scope)
    && (!frame.queues || frame.queues.includes(row.queue)));
  const name = `${state.window}|${state.scope}`;
  tiles.show(headline(board, state.window, state.scope, rows), name, board.as_of_ms);
  frame.showTiles();
  if (isOverview) overview.show(inScope, board, state.window, alerts.known);
  else table.show(inScope, state.window, board.as_of_ms);
}

function showAlertsElsewhere() {
  showTitle();
  if (pages.page.id === "overview") overview.showAlerts(alerts.known);
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
  const board = state.live;
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
  const facts = { pageName: pages.name(), isPast: past.isOn, ageMs, isStopped: stopped };
  showFacts(state.board, facts);
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
  setText(byId("skip"), screenWords().skip);
  setAttribute(byId("tools"), "aria-label", screenWords().tools);
  setAttribute(byId("choices"), "aria-label", screenWords().choices);
  capture.show();
  kiosk.show();
  past.show();
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
void past.start();
setInterval(showFreshness, CHECK_MS);
