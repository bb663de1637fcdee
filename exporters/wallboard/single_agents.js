// Single agents, where the settings choose to show them: state and since when, by name.

import { byId, fillHead, fit, make, setAttribute, setText } from "./dom.js";
import { count, duration } from "./format.js";
import { labelName } from "./labels.js";
import { pageWords } from "./page_words.js";

const COLUMNS = ["name", "team", "queues", "state", "since"];

export class SingleAgents {
  /** `answer` is that of /api/agents, null while it is unknown. */
  show(answer) {
    const w = pageWords().agents;
    byId("single").hidden = !answer;
    if (!answer) return;
    setText(byId("single-title"), w.single);
    byId("single-off").hidden = answer.figures;
    setText(byId("single-off-why"), w.singleOff);
    setText(byId("single-off-how"), w.singleHow);
    setText(byId("single-off-code"), "agents:\n  figures: true");
    const agents = answer.agents ?? [];
    byId("single-scroll").hidden = agents.length === 0;
    setText(byId("single-note"), !answer.figures ? ""
      : agents.length === 0 ? w.singleNone
      : [answer.names ? "" : w.singleNames,
        agents.length >= answer.limit ? w.singleMore(count(answer.limit)) : ""].filter(Boolean).join(" "));
    fillHead(byId("single-head"), COLUMNS.map((name) => w.singleColumns[name]));
    const body = byId("single-body");
    fit(body, agents.length, () =>
      make("tr", "", make("th"), ...COLUMNS.slice(1).map(() => make("td"))));
    agents.forEach((agent, i) => {
      const cells = body.children[i].children;
      cells[0].scope = "row";
      const reason = agent.reason ? ` (${labelName("reason", agent.reason)})` : "";
      [agent.name, agent.team, agent.queues.join(", "), `${w.one[agent.state]}${reason}`,
        duration((answer.as_of_ms - agent.since_ms) / 1000)].forEach((text, n) => setText(cells[n], text));
      setAttribute(cells[3], "data-state", agent.state);
    });
  }
}
