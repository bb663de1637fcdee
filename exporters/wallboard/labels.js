// What the values of labels and the names of norms are called on the page.

import { language, words } from "./text.js";
import { limit } from "./format.js";

/** English: what is not the value itself without its underscores. French: every value. */
const NAMES = {
  en: {
    "4h": "under 4 h", "1d": "under 1 day", "3d": "under 3 days", "7d": "under 7 days",
    acw: "after-contact work", aor: "talk and hold of logged in", asked: "asked for",
    both_ends: "told both ways", business: "business hours", ces: "CES", csat: "CSAT",
    contact: "per contact", declared: "agent says solved", email: "e-mail",
    first: "per first contact", first_solve: "first solve",
    from_start: "from the start", helpful: "helpful?", inf: "longer", least: "at least",
    logged_in: "of time logged in", nps: "NPS", order_contact: "naming a contact",
    order_window: "or within 24 h of one", paid: "of paid time",
    perceived: "customer says solved", search_repeated: "search told twice",
    selfcare: "self-care", slot_weighted: "by slots", z: "z value",
  },
  fr: {
    "4h": "moins de 4 h", "1d": "moins de 1 jour", "3d": "moins de 3 jours",
    "7d": "moins de 7 jours",
    abandoned: "abandonnés", acw: "post-appel", all_offered: "tous présentés", answered: "décrochés",
    answered_or_abandoned: "décrochés ou abandonnés", any: "tous",
    aor: "conversation et garde du temps connecté", asked: "demandé", assumed: "supposé",
    attended: "accompagné", contact: "par contact", banking: "banque", blind: "à l’aveugle", both_ends: "dit deux fois",
    business: "heures ouvrées", calendar: "calendaire", ces: "CES", closed: "fermée",
    confirmed: "confirmé", csat: "CSAT", declared: "selon l’agent", detractors: "détracteurs",
    divert: "renvoi", email: "e-mail", engagement: "engagement", error: "erreur",
    excellent: "excellent", external: "externe", failed: "échec", final: "définitif",
    first: "par premier contact", first_response: "première réponse", first_solve: "première résolution",
    flagged: "signalée", from_start: "depuis le début", full: "pleine", good: "bon",
    handed_over: "transféré", handled: "traité", handled_or_abandoned: "traités ou abandonnés",
    handling: "traitement", health: "santé", helpful: "utile ?", hold: "garde", idle: "inactif",
    immediate: "immédiat", inf: "au-delà", information: "information",
    infrastructure: "infrastructure", interacting: "en interaction", internal: "interne",
    key: "touche", last: "dernière résolution", least: "au moins",
    logged_in: "du temps connecté", market: "marché", marketing: "marketing",
    negative_feedback: "avis négatif", no: "non", no_agent: "sans agent",
    no_repeat: "sans réitération", not_answered: "non décrochés", nps: "NPS",
    of_offered: "des présentés", older: "plus ancien", open_time: "temps ouvert",
    opening_never_told: "ouverture jamais dite", order_contact: "citant un contact",
    order_window: "ou sous 24 h", other: "autre", paid: "du temps payé",
    passives: "passifs", perceived: "selon le client", policy: "règle", promoters: "promoteurs",
    provisional: "provisoire", queue: "file", ready_based: "du temps prêt",
    ready_based_idle: "du temps prêt, par l’inactivité",
    reply_before_opening: "réponse avant l’ouverture", resolution: "résolution", retail: "commerce",
    ring: "sonnerie", salary: "salaires", search_repeated: "recherche dite deux fois",
    selfcare: "selfcare", short_excluded: "sans les abandons courts",
    slot_weighted: "par capacité", software: "logiciels",
    solve_before_opening: "résolution avant l’ouverture", subscription: "abonnement",
    talk: "conversation", target: "objectif", timeout: "délai dépassé", tourism: "tourisme",
    unanswered: "sans réponse",
    usual: "usuel", voicemail: "messagerie vocale", wall_clock: "temps réel", yes: "oui",
    z: "valeur z",
  },
};

/** The name of a label's value: "≤ 20 s", "P90", "promoters". */
export function labelName(label, value) {
  if ((label === "le" || label === "within") && Number.isFinite(Number(value))) {
    return `≤ ${limit(Number(value) * 1000)}`;
  }
  if (label === "q") return `${language() === "fr" ? "C" : "P"}${Math.round(Number(value) * 100)}`;
  if (["channel", "first", "then"].includes(label)) return words().channels[value] ?? value;
  if (label === "window") return forward(value);
  if (label === "contacts") return `${value} contacts`;
  if (label === "attribution") return wordFor(`order_${value}`);
  return wordFor(value);
}

/** A forward window: "within 24 h"; a figure that needs none is final at once. */
function forward(value) {
  const length = /^(\d+)([hd])$/.exec(value);
  if (!length) return "";
  const unit = length[2] === "d" ? words().day : "h";
  return `${language() === "fr" ? "en" : "within"} ${length[1]}\u00a0${unit}`;
}

/** A word of the catalogue's ids as people say it; an unknown one without its underscores. */
export function wordFor(value) {
  return NAMES[language()][value] ?? String(value).replaceAll("_", " ");
}
