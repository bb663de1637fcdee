// The page as a PNG, made in the browser: its own nodes and rules, drawn by an SVG into a canvas.

import { byId, setText } from "./dom.js";
import { setIcon } from "./icons.js";
import { onKey } from "./keys.js";
import { isoMinute } from "./past_times.js";
import { screenWords } from "./screen_words.js";

const SVG = "http://www.w3.org/2000/svg";
/** Larger canvases are refused by some browsers. */
const MOST_PIXELS = 40_000_000;
const READ_WITHIN_MS = 10_000;

export class Capture {
  /** `facts()` gives the page's id and the instant shown: {page, atMs}. */
  constructor(facts) {
    this.facts = facts;
    byId("capture").addEventListener("click", () => void this.save());
    onKey("p", () => { void this.save(); return true; });
  }

  show() {
    setIcon(byId("capture"), "picture", screenWords().capture.save);
  }

  async save() {
    const w = screenWords().capture;
    try {
      await untilRead();
      const { page, atMs } = this.facts();
      const instant = isoMinute(atMs).replaceAll(":", "-");
      const name = `vigie-${page}-${instant}.png`;
      const address = URL.createObjectURL(await picture());
      const link = document.createElement("a");
      link.href = address;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
      setText(byId("screen-said"), w.saved(name));
    } catch {
      setText(byId("screen-said"), w.failed);
      byId("notice").hidden = false;
      setText(byId("notice"), w.failed);
    }
  }
}

/** Waits while the numbers of another instant are on their way. */
async function untilRead() {
  const untilMs = performance.now() + READ_WITHIN_MS;
  while (document.body.matches(".past-loading, .past-unread")) {
    if (performance.now() > untilMs) throw new Error("no numbers");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The whole page, also what has to be scrolled to, as a PNG. */
async function picture() {
  const root = document.documentElement;
  root.classList.add("captured");
  let drawn;
  let width;
  let height;
  try {
    width = root.clientWidth;
    height = Math.max(root.clientHeight, document.body.scrollHeight);
    drawn = await drawing(width, height);
  } finally {
    root.classList.remove("captured");
  }
  const scale = Math.min(devicePixelRatio || 1, Math.sqrt(MOST_PIXELS / (width * height)));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawn)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const brush = canvas.getContext("2d");
  brush.scale(scale, scale);
  brush.drawImage(image, 0, 0);
  // Not toBlob: it waits for a moment without work, and a wall has none.
  const bytes = atob(canvas.toDataURL("image/png").split(",")[1]);
  return new Blob([Uint8Array.from(bytes, (one) => one.charCodeAt(0))], { type: "image/png" });
}

/** A copy of the page inside an SVG that has the page's rules. */
async function drawing(width, height) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
  const root = document.documentElement;
  for (const { name, value } of root.attributes) svg.setAttribute(name, value);
  // What is measured in rem follows the root, and that is the SVG here.
  svg.style.fontSize = getComputedStyle(root).fontSize;
  const rules = document.createElementNS(SVG, "style");
  rules.textContent = cssText();
  const frame = document.createElementNS(SVG, "foreignObject");
  frame.setAttribute("width", "100%");
  frame.setAttribute("height", "100%");
  const body = document.body.cloneNode(true);
  for (const gone of body.querySelectorAll("script, noscript, dialog, input")) gone.remove();
  const ground = getComputedStyle(document.body);
  body.style.cssText = `margin: 0; width: ${width}px; min-height: ${height}px;`
    + `background: ${ground.backgroundColor}; color: ${ground.color}; visibility: visible`;
  await Promise.all([...body.querySelectorAll("img")].map(inlined));
  const page = document.createElement("html");
  for (const { name, value } of root.attributes) page.setAttribute(name, value);
  page.append(body);
  frame.append(page);
  svg.append(rules, frame);
  return new XMLSerializer().serializeToString(svg);
}

function cssText() {
  return [...document.styleSheets]
    .filter((sheet) => sheet.media.length === 0 || matchMedia(sheet.media.mediaText).matches)
    .flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText))
    .join("\n");
}

/** A picture in a picture may load nothing: its bytes go with it. */
async function inlined(image) {
  const bytes = await (await fetch(image.getAttribute("src"))).text();
  image.setAttribute("src", `data:image/svg+xml;charset=utf-8,${encodeURIComponent(bytes)}`);
}
