// In a frame of another page (?embed=1): no header, no buttons; one page, or some tiles or queues.

import { toggle } from "./dom.js";

function list(choices, name) {
  const given = choices.address(name);
  return given ? given.split(",").map((one) => one.trim()).filter(Boolean) : null;
}

/** Tiles by their ids (service_level, waiting); those of the settings' headline by their paths. */
function showTiles(tiles) {
  if (tiles === null) return;
  for (const tile of document.querySelectorAll("#headline > .tile, #chosen > .tile")) {
    const id = tile.id.replace(/^tile-/, "");
    tile.hidden = !tiles.some((name) => id === name.replace(/\W/g, "-"));
  }
}

/** What the address says of a frame: `queues` is a list of names, null is all. */
export function embedding(choices) {
  const isOn = choices.address("embed") === "1";
  toggle(document.body, "embedded", isOn);
  if (!isOn) return { isOn, queues: null, showTiles: () => undefined };
  const queues = list(choices, "queues");
  const tiles = list(choices, "tiles");
  // The ground of the other page is seen through, unless the address says which one to have.
  toggle(document.documentElement, "see-through", choices.address("theme") === null);
  toggle(document.body, "only-tiles", tiles !== null);
  // The tiles are of the whole centre: beside some of its queues they would mislead.
  toggle(document.body, "only-queues", queues !== null && tiles === null);
  return { isOn, queues, showTiles: () => showTiles(tiles) };
}
