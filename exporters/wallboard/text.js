// Every word of the page, in English and French. Terms are those of the KPI catalogue.

export const LANGUAGES = ["en", "fr"];

const WORDS = {
  en: {
    title: "vigie · wallboard",
    otherLanguage: "FR", otherLanguageName: "Français",
    toLight: "Light",
    toDark: "Dark",
    themeLabel: "Colour theme",
    scopes: "Channels",
    windows: "Window",
    allChannels: "All",
    pages: "Pages",
    by: "By",
    breakdown: "In detail",
    more: (n) => `and ${n} more`,
    provisional: "provisional",
    noFigures: "Nothing to show here yet.",
    expressions: {
      title: "Searched for and not found, 7 days",
      columns: { expression: "Expression", count: "Searches", change: "Against the 7 days before" },
    },
    trends: {
      title: "Against the same time of the last eight weeks",
      all: "Everything",
      row: "Shown for",
      points: "points",
      columns: {
        figure: "Figure", now: "Now", usual: "Usual", difference: "Difference", verdict: "Verdict",
        days: "Last 8 days", slope: "Per day",
      },
      directions: {
        better: "better than usual", worse: "worse than usual", higher: "higher than usual",
        lower: "lower than usual", usual: "as usual",
      },
      tooFew: "too few weeks",
      tooEarly: "Nothing can be compared before four whole weeks are known.",
      noSpread: "no spread to judge by",
      perDay: (change) => `${change} a day`,
      advisory: (days) => `${days} days in a row worse`,
      note: "Usual is the median of the earlier weeks; 95 of 100 such weeks lie in its range.",
      failed: "The trends could not be read; trying again.",
    },
    lists: {
      queues: "Queues", channels: "Channels", teams: "Teams", motives: "Motives",
      surveys: "Surveys", themes: "Themes", items: "Items", tools: "Tools", segments: "Segments",
    },
    listNames: {
      queues: "Queue", channels: "Channel", teams: "Team", motives: "Motive", surveys: "Survey",
      themes: "Theme", items: "Item", tools: "Tool", segments: "Segment",
    },
    demo: "Demonstration: everything runs in memory, nothing is kept.",
    replay: "Replay: the clock is the one of the recorded events.",
    incomplete: "The view is incomplete: some partitions are missing.",
    stopped: "DATA STOPPED",
    silent: (time) => `no message from vigie for ${time}; trying again`,
    old: (time) => `the newest event is ${time} old`,
    neverConnected: "vigie does not answer; trying again",
    age: (time) => `data ${time} old`,
    noData: "no data yet",
    connecting: "connecting…",
    levels: { alert: "alert", watch: "attention", ok: "ok", none: "no judgement" },
    service_level: "Service level",
    waiting: "Waiting now",
    longest: "Longest wait now",
    available: "Agents available",
    abandonment: "Abandonment rate",
    answer: "Answer rate",
    headline: "Headline numbers",
    target: (value, limit) => `target ≥ ${value} within ${limit}`,
    atLeast: (value) => `target ≥ ${value}`,
    atMost: (value) => `target ≤ ${value}`,
    limit: (limit) => `limit ${limit}`,
    overAndRisk: (over, risk) => `${over} over limit, ${risk} at risk`,
    deferred: (count) => `+ ${count} in e-mail and tickets`,
    deferredApart: "e-mail and tickets apart",
    nOffered: (n) => `n = ${n} offered`,
    nWaiting: (n) => `n = ${n} waiting`,
    nStaffed: (n, busy) => `n = ${n} staffed, ${busy} occupied`,
    thin: (n, least) => `only n = ${n} (under ${least})`,
    queuesCaption: "Queues, highest risk first",
    noQueues: "No queue has had a contact yet.",
    columns: {
      level: "Status", queue: "Queue", channel: "Channel", waiting: "Waiting",
      longest: "Longest wait", risk: "At risk", service: "Service level", answered: "Answered",
      abandoned: "Abandoned", asa: "Mean answer", free: "Available", busy: "Occupied",
    },
    ofTarget: (target) => `/ ${target}`,
    open: (queue) => `Show the contacts of ${queue}`,
    staffing: {
      title: "The next half hour",
      more: (n, target) => `${n} more ${n === "1" ? "agent" : "agents"} would bring the next half `
        + `hour back to ${target}.`,
      enough: (expected) => `The agents there now are enough: ${expected} to be expected.`,
      spare: (n, expected) => `${n} ${n === "1" ? "agent" : "agents"} could go elsewhere: `
        + `${expected} to be expected.`,
      expected: (level, limit, patient) => `${level} within ${limit} to be expected now `
        + `(Erlang C: ${patient})`,
      load: (contacts, handle, window) => `${contacts} contacts in 30 min, ${handle} each `
        + `(${window})`,
      patience: (time, window) => `callers wait ${time} on average before they give up `
        + `(${window})`,
      patient: "how long callers wait before they give up is not known",
      agents: (n, needed) => `${n} staffed, ${needed} needed`,
      alone: "reckoned as if the agents served this queue alone",
      shared: "the agents serve other queues too, so more may be needed",
    },
    variantsTitle: (window) => `Service level by formula · ${window}`,
    variantColumns: { code: "Variant", value: "Value", formula: "Formula" },
    variantsNote: "A answered, B abandoned, F flow-outs, R callback requests, S short abandons, "
      + "O = A + B + F offered; ≤ within the limit, > beyond it.",
    headlineMark: "shown",
    tokenTitle: "vigie asks for a token",
    tokenLabel: "Token",
    tokenSend: "Open the board",
    channels: {
      voice: "Voice", chat: "Chat", messaging: "Messaging", email: "E-mail", ticket: "Tickets",
      social: "Social", task: "Tasks", selfcare: "Self-care",
    },
    states: {
      waiting: "waiting", ringing: "ringing", talking: "in conversation",
      in_progress: "in conversation", on_hold: "on hold", hold: "on hold", wrap_up: "in wrap-up",
      in_wrap_up: "in wrap-up", callback: "callback",
    },
    windowNames: { today: "Today", whole: "Whole", interval: "Interval" },
    day: "d",
  },
  fr: {
    title: "vigie · tableau",
    otherLanguage: "EN", otherLanguageName: "English",
    toLight: "Clair",
    toDark: "Sombre",
    themeLabel: "Thème de couleurs",
    scopes: "Canaux",
    windows: "Fenêtre",
    allChannels: "Tous",
    pages: "Pages",
    by: "Par",
    breakdown: "En détail",
    more: (n) => `et ${n} de plus`,
    provisional: "provisoire",
    noFigures: "Rien à montrer ici pour l’instant.",
    expressions: {
      title: "Cherché et pas trouvé, 7 jours",
      columns: {
        expression: "Expression", count: "Recherches", change: "Par rapport aux 7 jours d’avant",
      },
    },
    trends: {
      title: "Par rapport aux mêmes heures des huit dernières semaines",
      all: "Tout",
      row: "Affiché pour",
      points: "points",
      columns: {
        figure: "Chiffre", now: "Maintenant", usual: "Habituel", difference: "Écart",
        verdict: "Avis", days: "8 derniers jours", slope: "Par jour",
      },
      directions: {
        better: "mieux que d’habitude", worse: "moins bien que d’habitude",
        higher: "plus que d’habitude", lower: "moins que d’habitude", usual: "comme d’habitude",
      },
      tooFew: "trop peu de semaines",
      tooEarly: "Aucune comparaison avant quatre semaines entières.",
      noSpread: "pas d’écart pour juger",
      perDay: (change) => `${change} par jour`,
      advisory: (days) => `${days} jours de suite en baisse`,
      note: "L’habituel est la médiane des semaines passées ; 95 semaines sur 100 sont dans sa plage.",
      failed: "Les tendances n’ont pas pu être lues ; nouvel essai.",
    },
    lists: {
      queues: "Files", channels: "Canaux", teams: "Équipes", motives: "Motifs",
      surveys: "Enquêtes", themes: "Thèmes", items: "Critères", tools: "Outils",
      segments: "Segments",
    },
    listNames: {
      queues: "File", channels: "Canal", teams: "Équipe", motives: "Motif", surveys: "Enquête",
      themes: "Thème", items: "Critère", tools: "Outil", segments: "Segment",
    },
    demo: "Démonstration : tout est en mémoire, rien n’est conservé.",
    replay: "Relecture : l’horloge est celle des événements enregistrés.",
    incomplete: "La vue est incomplète : des partitions manquent.",
    stopped: "DONNÉES ARRÊTÉES",
    silent: (time) => `aucun message de vigie depuis ${time} ; nouvel essai en cours`,
    old: (time) => `le dernier événement date de ${time}`,
    neverConnected: "vigie ne répond pas ; nouvel essai en cours",
    age: (time) => `données de ${time}`,
    noData: "pas encore de données",
    connecting: "connexion…",
    levels: { alert: "alerte", watch: "attention", ok: "ok", none: "sans avis" },
    service_level: "Niveau de service",
    waiting: "En attente",
    longest: "Plus longue attente",
    available: "Agents disponibles",
    abandonment: "Taux d’abandon",
    answer: "Taux de décroché",
    headline: "Chiffres principaux",
    target: (value, limit) => `objectif ≥ ${value} en ${limit}`,
    atLeast: (value) => `objectif ≥ ${value}`,
    atMost: (value) => `objectif ≤ ${value}`,
    limit: (limit) => `seuil ${limit}`,
    overAndRisk: (over, risk) => `${over} au-delà du seuil, ${risk} à risque`,
    deferred: (count) => `+ ${count} en e-mail et tickets`,
    deferredApart: "hors e-mails et tickets",
    nOffered: (n) => `n = ${n} présentés`,
    nWaiting: (n) => `n = ${n} en attente`,
    nStaffed: (n, busy) => `n = ${n} en poste, ${busy} occupés`,
    thin: (n, least) => `seulement n = ${n} (moins de ${least})`,
    queuesCaption: "Files d’attente, les plus à risque d’abord",
    noQueues: "Aucune file n’a encore reçu de contact.",
    columns: {
      level: "État", queue: "File", channel: "Canal", waiting: "En attente",
      longest: "Plus longue attente", risk: "À risque", service: "Niveau de service",
      answered: "Décrochés", abandoned: "Abandons", asa: "Attente moy.", free: "Disponibles",
      busy: "Occupés",
    },
    ofTarget: (target) => `/ ${target}`,
    open: (queue) => `Montrer les contacts de ${queue}`,
    staffing: {
      title: "La prochaine demi-heure",
      more: (n, target) => `${n} ${n === "1" ? "agent" : "agents"} de plus `
        + `${n === "1" ? "ramènerait" : "ramèneraient"} la prochaine demi-heure à ${target}.`,
      enough: (expected) => `Les agents en poste suffisent : ${expected} attendus.`,
      spare: (n, expected) => `${n} ${n === "1" ? "agent pourrait" : "agents pourraient"} aller `
        + `ailleurs : ${expected} attendus.`,
      expected: (level, limit, patient) => `${level} en ${limit} attendus maintenant `
        + `(Erlang C : ${patient})`,
      load: (contacts, handle, window) => `${contacts} contacts en 30 min, ${handle} chacun `
        + `(${window})`,
      patience: (time, window) => `les appelants attendent ${time} en moyenne avant de renoncer `
        + `(${window})`,
      patient: "la patience des appelants n’est pas connue",
      agents: (n, needed) => `${n} en poste, ${needed} nécessaires`,
      alone: "calculé comme si les agents ne servaient que cette file",
      shared: "les agents servent aussi d’autres files : il en faut peut-être plus",
    },
    variantsTitle: (window) => `Niveau de service selon la formule · ${window}`,
    variantColumns: { code: "Variante", value: "Valeur", formula: "Formule" },
    variantsNote: "A décrochés, B abandonnés, F débordés, R rappels demandés, S abandons courts, "
      + "O = A + B + F présentés ; ≤ dans le seuil, > au-delà.",
    headlineMark: "affichée",
    tokenTitle: "vigie demande un jeton",
    tokenLabel: "Jeton",
    tokenSend: "Ouvrir le tableau",
    channels: {
      voice: "Voix", chat: "Chat", messaging: "Messagerie", email: "E-mail", ticket: "Tickets",
      social: "Réseaux", task: "Tâches", selfcare: "Selfcare",
    },
    states: {
      waiting: "en attente", ringing: "en sonnerie", talking: "en conversation",
      in_progress: "en conversation", on_hold: "en garde", hold: "en garde",
      wrap_up: "en post-appel", in_wrap_up: "en post-appel", callback: "rappel",
    },
    windowNames: { today: "Jour", whole: "Tout", interval: "Intervalle" },
    day: "j",
  },
};

let current = "en";

export function setLanguage(language) {
  current = LANGUAGES.includes(language) ? language : "en";
}

export function language() {
  return current;
}

/** The words of the language shown. */
export function words() {
  return WORDS[current];
}
