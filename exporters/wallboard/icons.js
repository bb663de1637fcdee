// Small signs for buttons, drawn here so that no font has to have them.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l4 2",
  full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  less: "M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5",
  picture: "M12 4v11M7 11l5 5 5-5M4 20h16",
};

/** Puts a sign into a button; the name is what a screen reader says. */
export function setIcon(button, icon, name) {
  if (button.dataset.icon !== icon) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", PATHS[icon]);
    svg.append(path);
    button.replaceChildren(svg);
    button.dataset.icon = icon;
  }
  if (button.getAttribute("aria-label") !== name) {
    button.setAttribute("aria-label", name);
    button.title = name;
  }
}
