"""Pipeline health: what vigie says about itself, each with what to do when it moves."""

from __future__ import annotations

from exporters.grafana import variables as v
from exporters.grafana.board import Board
from exporters.grafana.health import strip
from exporters.grafana.layout import Panel, Section, line, lines
from exporters.grafana.metric_panels import WORKER, metric_panel
from exporters.grafana.panels import BAD, GOOD, stat, steps, target
from exporters.grafana.words import Words
from exporters.prometheus.catalogue import catalogue
from exporters.prometheus.kpi_metrics import VIEW_METRICS

FLOW = ["events_read_total", "events_applied_total", "lag_events", "event_lag_seconds",
        "events_late_total", "events_duplicate_total", "events_dead_lettered_total",
        "events_ignored_total"]  # fmt: skip
LOSS = ["source_gap_events_total", "fold_failures_total", "events_replayed_total",
        "label_values_dropped_total"]  # fmt: skip
STATE = ["partition_owned", "recovery_in_progress", "checkpoint_timestamp_seconds",
         "checkpoint_bytes", "watermark_timestamp_seconds", "last_event_timestamp_seconds",
         "last_commit_timestamp_seconds", "next_offset", "open_contacts"]  # fmt: skip
SEVERAL = ["leader", "lease_term", "redis_up", "redis_failures_total",
           "publish_timestamp_seconds"]  # fmt: skip
WEB = ["http_requests_denied_total", "web_config_last_reload_successful",
       "web_certificate_expiry_timestamp_seconds"]  # fmt: skip
REPORTS = ["reports_sent_total", "reports_failed_total", "reports_last_sent_timestamp_seconds"]
GROUPS = ("pipeline", "reports")
"""Groups of the metric catalogue that are on this board."""

COST = ["collect_seconds", "collect_series", "build_info"]


def pipeline(words: Words) -> Board:
    """Return the board."""
    known = {name for names in (FLOW, LOSS, STATE, SEVERAL, WEB, REPORTS, COST) for name in names}
    by_name = {
        metric.name.removeprefix("vigie_"): metric
        for metric in catalogue()
        if metric.group in GROUPS
    }
    rest = [name for name in by_name if name not in known]

    def section(title: str, names: list[str], *, is_folded: bool = False) -> Section:
        found = [metric_panel(by_name[name], words) for name in names]
        return Section(title, lines(8, found), is_folded=is_folded)

    view = [metric_panel(metric, words, scope="") for metric in VIEW_METRICS]
    return Board(
        name="pipeline",
        title=words("vigie pipeline health", "vigie : santé du pipeline"),
        about=words(
            "Whether events come in, are folded, kept and shown. The description of each panel says"
            " what to do when it moves.",
            "Si les événements arrivent, sont intégrés, gardés et montrés. La description de chaque"
            " panneau dit que faire quand il bouge.",
        ),
        variables=[v.job(words), v.instance(words)],
        sections=[
            Section("", [strip(words), line(4, *_key_figures(words))]),
            Section(words("View", "Vue"), lines(7, view)),
            section(words("Events", "Événements"), FLOW),
            section(words("Losses and repeats", "Pertes et répétitions"), LOSS),
            section(words("State and checkpoints", "État et points de reprise"), STATE),
            section(words("Several workers", "Plusieurs workers"), SEVERAL),
            section(words("Web side", "Côté web"), WEB),
            section(words("Reports", "Rapports"), REPORTS),
            section(words("Cost and versions", "Coût et versions"), COST),
            *([section(words("Further", "Autres"), rest)] if rest else []),
        ],
    )  # fmt: skip


def _key_figures(words: Words) -> list[Panel]:
    def figure(title: str, about: str, expr: str, unit: str, limit: float) -> Panel:
        return stat(
            title, about, [target("A", expr)], unit, decimals=0 if unit == "short" else 2,
            thresholds=steps((None, GOOD), (limit, BAD)), graph=True,
        )  # fmt: skip

    refused = f"vigie_events_dead_lettered_total{{{WORKER}}}"
    gaps = f"vigie_source_gap_events_total{{{WORKER}}}"
    return [
        figure(
            words("Events not folded in yet", "Événements pas encore intégrés"),
            words("Sum over the partitions. `vigie_lag_events`",
                  "Somme sur les partitions. `vigie_lag_events`"),
            f"sum(vigie_lag_events{{{WORKER}}})", "short", 10_000,
        ),
        figure(
            words("Messages refused, per second", "Messages refusés, par seconde"),
            words("Read the dead-letter topic. `vigie_events_dead_lettered_total`",
                  "Lire le topic des rebuts. `vigie_events_dead_lettered_total`"),
            f"sum(rate({refused}[$__rate_interval]))", "cps", 1,
        ),
        figure(
            words("Events lost meanwhile", "Événements perdus entre-temps"),
            words("In the shown time. `vigie_source_gap_events_total`",
                  "Dans le temps affiché. `vigie_source_gap_events_total`"),
            f"sum(increase({gaps}[$__range]))", "short", 1,
        ),
        figure(
            words("Oldest checkpoint", "Plus ancien point de reprise"),
            words("Age of the oldest among all partitions. `vigie_checkpoint_timestamp_seconds`",
                  "Âge du plus ancien parmi les partitions. `vigie_checkpoint_timestamp_seconds`"),
            f"time() - min(vigie_checkpoint_timestamp_seconds{{{WORKER}}})", "s", 60,
        ),
    ]  # fmt: skip
