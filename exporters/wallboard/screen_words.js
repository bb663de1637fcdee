// What the page says about the past, full screen, rotation, pictures and paper.

import { language } from "./text.js";

const WORDS = {
  en: {
    skip: "Skip to the numbers",
    tools: "Page",
    choices: "What is shown",
    past: {
      open: "As it was earlier (t)",
      title: "The past",
      slider: "Instant shown",
      now: "now",
      banner: (time) => `AS IT WAS AT ${time}`,
      truth: "As the events are known now, not as it was shown then.",
      notKept: "Who waited and who was free is not kept: –",
      back: "Back to now",
      isNow: "Back to now",
      spans: "Reach of the slider",
      span: { h4: "4 h", h24: "24 h", all: "All" },
      loading: "reading…",
      onlyNow: "This page knows only now.",
      onlyNowFix: "Choose another page, or go back to now.",
      noWindow: "That window of that instant cannot be told any more: choose a longer one.",
      nothing: "Nothing is kept yet.",
      failed: "The past could not be read; trying again.",
      outside: "That instant is not kept; shown is the nearest one.",
    },
    screen: {
      full: "Full screen (f)",
      leave: "Leave full screen (f)",
      rotation: "The pages change by themselves",
      paused: "paused",
      pause: (seconds) => `paused, goes on in ${seconds} s`,
      next: (name, seconds) => `${name} in ${seconds} s`,
    },
    capture: {
      save: "Save as picture (p)",
      saved: (name) => `Saved as ${name}`,
      failed: "The picture could not be made; print the page instead.",
    },
    paper: {
      at: (when) => `As of ${when}`,
      was: (when) => `As it was at ${when}, as the events are known now`,
      age: (time) => `data ${time} old`,
      legend: "▲ alert  ◆ attention  ● ok  ○ no judgement  – no value  n: the number behind a figure",
      stopped: "DATA STOPPED",
    },
  },
  fr: {
    skip: "Aller aux chiffres",
    tools: "Page",
    choices: "Ce qui est affiché",
    past: {
      open: "Tel que c’était (t)",
      title: "Le passé",
      slider: "Instant affiché",
      now: "maintenant",
      banner: (time) => `TEL QUE C’ÉTAIT À ${time}`,
      truth: "Selon les événements connus maintenant, pas tel qu’affiché alors.",
      notKept: "Qui attendait et qui était libre n’est pas gardé : –",
      back: "Revenir à maintenant",
      isNow: "Retour à maintenant",
      spans: "Étendue du curseur",
      span: { h4: "4 h", h24: "24 h", all: "Tout" },
      loading: "lecture…",
      onlyNow: "Cette page ne connaît que maintenant.",
      onlyNowFix: "Choisissez une autre page, ou revenez à maintenant.",
      noWindow: "Cette fenêtre n’existe plus pour cet instant : choisissez-en une plus longue.",
      nothing: "Rien n’est encore gardé.",
      failed: "Le passé n’a pas pu être lu ; nouvel essai.",
      outside: "Cet instant n’est pas gardé ; voici le plus proche.",
    },
    screen: {
      full: "Plein écran (f)",
      leave: "Quitter le plein écran (f)",
      rotation: "Les pages changent d’elles-mêmes",
      paused: "en pause",
      pause: (seconds) => `en pause, reprise dans ${seconds} s`,
      next: (name, seconds) => `${name} dans ${seconds} s`,
    },
    capture: {
      save: "Enregistrer en image (p)",
      saved: (name) => `Enregistré : ${name}`,
      failed: "L’image n’a pas pu être faite ; imprimez plutôt la page.",
    },
    paper: {
      at: (when) => `État au ${when}`,
      was: (when) => `Tel que c’était le ${when}, selon les événements connus maintenant`,
      age: (time) => `données de ${time}`,
      legend: "▲ alerte  ◆ attention  ● ok  ○ sans avis  – pas de valeur  n : nombre derrière un chiffre",
      stopped: "DONNÉES ARRÊTÉES",
    },
  },
};

export function screenWords() {
  return WORDS[language()];
}
