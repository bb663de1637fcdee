"""Alerts about vigie itself that Prometheus must raise: it still runs when vigie does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from aggregators.policy import MINUTE_MS
from alerts.export.alerting_rule import ONLY_HERE, ORIGIN, AlertingRule, label_templates
from alerts.rules import Severity


class PipelineAlert(Struct, frozen=True):
    """One alert. ``firing`` and ``quiet`` are series of a unit test (name, samples every 5 s),
    ``row`` the labels that the alert has in it; it fires ``after_s`` and its ``for``. It is left
    out where a rule of vigie looks at the same ``measure`` of the pipeline."""

    name: str
    expression: str
    for_ms: int
    severity: Severity | str
    english: str
    french: str
    remedy: str
    firing: Sequence[tuple[str, str]]
    quiet: Sequence[tuple[str, str]]
    row: Mapping[str, str] = {}
    after_s: int = 60
    measure: str = ""

    def rule(self) -> AlertingRule:
        """Return it as a rule."""
        return AlertingRule(
            name=self.name,
            expression=self.expression,
            for_ms=self.for_ms,
            keep_ms=0,
            labels=self.labels(),
            annotations=self.annotations(),
        )

    def labels(self) -> dict[str, str]:
        """Return the labels beside those of the expression."""
        return {"severity": self.severity, ORIGIN: ONLY_HERE}

    def annotations(self) -> dict[str, str]:
        """Return what the alert says; no text depends on its value."""
        return {"summary": self.english, "summary_fr": self.french, "description": self.remedy}

    def shown(self) -> dict[str, str]:
        """Return what Prometheus makes of :meth:`annotations` in the unit test."""
        found = self.annotations()
        for label, mark in label_templates(self.row).items():
            found = {name: text.replace(mark, self.row[label]) for name, text in found.items()}
        return found


_SHARD = '{topic="t",partition="0"}'
_LONG = 150  # samples: over ten minutes

PIPELINE_ALERTS: tuple[PipelineAlert, ...] = (
    PipelineAlert(
        "VigieWatchdog", "vector(1)", 0, "info",
        "The way from Prometheus to the last receiver works",
        "La chaîne de Prometheus au dernier destinataire fonctionne",
        "Always fires. Give it to a dead man's switch, which tells when it stops coming.",
        (), (),
    ),
    PipelineAlert(
        "VigieNoLeaseHolder", "absent(vigie_view_complete)", MINUTE_MS, "critical",
        "No worker shows the figures of the centre",
        "Aucun worker ne montre les chiffres du centre",
        "See whether a worker runs, whether Prometheus reaches it (up), then vigie_redis_up and"
        " vigie_leader.",
        (), (("vigie_view_complete", f"1x{_LONG}"),),
    ),
    PipelineAlert(
        "VigieViewIncomplete", "max(vigie_view_complete) == 0", MINUTE_MS, "critical",
        "A part of the view is missing or old",
        "Une partie de la vue manque ou est ancienne",
        "Alerts on figures are held back. vigie_redis_up, then compare vigie_view_shards_expected,"
        " _present and _fresh.",
        (("vigie_view_complete", f"0x{_LONG}"),), (("vigie_view_complete", f"1x{_LONG}"),),
        measure="view_incomplete",
    ),
    PipelineAlert(
        "VigieLagGrowing",
        "sum(vigie_lag_events) > 1000 and sum(vigie_lag_events) > sum(vigie_lag_events offset 5m)",
        5 * MINUTE_MS, "warning",
        "Events come in faster than they are counted",
        "Les événements arrivent plus vite qu'ils ne sont comptés",
        "Add workers (up to one per partition), or look at the load of the machine.",
        ((f"vigie_lag_events{_SHARD}", f"2000+5x{_LONG}"),),
        ((f"vigie_lag_events{_SHARD}", f"9000-5x{_LONG}"),), after_s=310,
    ),
    PipelineAlert(
        "VigieCheckpointOld",
        "max by (topic, partition) (time() - vigie_checkpoint_timestamp_seconds) > 120\n"
        "and on (topic, partition) max by (topic, partition) (changes(vigie_next_offset[2m])) > 0",
        MINUTE_MS, "warning",
        "What was counted is not made durable",
        "Ce qui est compté n'est pas enregistré",
        "The broker is slow or the worker is stuck: see its log.",
        ((f"vigie_checkpoint_timestamp_seconds{_SHARD}", f"1x{_LONG}"),
         (f"vigie_next_offset{_SHARD}", f"0+1x{_LONG}")),
        ((f"vigie_checkpoint_timestamp_seconds{_SHARD}", f"1x{_LONG}"),
         (f"vigie_next_offset{_SHARD}", f"7x{_LONG}")),
        {"topic": "t", "partition": "0"}, after_s=130,
    ),
    PipelineAlert(
        "VigieDeadLetters",
        "sum(increase(vigie_events_dead_lettered_total[15m]))\n"
        "  / sum(increase(vigie_events_read_total[15m])) > 0.01",
        5 * MINUTE_MS, "warning",
        "More than 1 % of the events are refused",
        "Plus de 1 % des événements sont refusés",
        "Read the dead-letter topic, most frequent reason first; mend the producer.",
        ((f"vigie_events_read_total{_SHARD}", f"0+100x{_LONG}"),
         (f"vigie_events_dead_lettered_total{_SHARD}", f"0+2x{_LONG}")),
        ((f"vigie_events_read_total{_SHARD}", f"0+1000x{_LONG}"),
         (f"vigie_events_dead_lettered_total{_SHARD}", f"0+9x{_LONG}")),
    ),
    PipelineAlert(
        "VigieSourceGap", "sum(increase(vigie_source_gap_events_total[15m])) > 0", 0, "critical",
        "Events were gone before they were read",
        "Des événements ont disparu avant d'être lus",
        "The figures lack them. Lengthen the topic's retention, or keep workers from being down"
        " that long.",
        ((f"vigie_source_gap_events_total{_SHARD}", f"0x6 5x{_LONG}"),),
        ((f"vigie_source_gap_events_total{_SHARD}", f"5x{_LONG}"),), measure="gap_events",
    ),
    PipelineAlert(
        "VigieFoldFailures", "sum(increase(vigie_fold_failures_total[15m])) > 0", 0, "critical",
        "Counting itself failed on some events",
        "Le calcul a échoué sur des événements",
        "A fault of vigie: report it with the lines of the log that name the partition.",
        ((f"vigie_fold_failures_total{_SHARD}", f"0x6 1x{_LONG}"),),
        ((f"vigie_fold_failures_total{_SHARD}", f"1x{_LONG}"),),
    ),
    PipelineAlert(
        "VigieLabelValuesDropped",
        "sum by (label) (increase(vigie_label_values_dropped_total[15m])) > 0", 0, "warning",
        "Some names have no series",
        "Certains noms n'ont pas de série",
        "Raise the limit (and the sample limit of the scrape job), or stop the source from making"
        " up names.",
        (('vigie_label_values_dropped_total{label="queue"}', f"0x6 3x{_LONG}"),),
        (('vigie_label_values_dropped_total{label="queue"}', f"3x{_LONG}"),),
        {"label": "queue"},
    ),
    PipelineAlert(
        "VigieRedisDown", "min(vigie_redis_up) == 0", MINUTE_MS, "critical",
        "A worker does not reach Redis",
        "Un worker ne joint pas Redis",
        "Counting goes on, but nobody shows the figures of all. Redis's log and memory first.",
        (("vigie_redis_up", f"0x{_LONG}"),), (("vigie_redis_up", f"1x{_LONG}"),),
    ),
    PipelineAlert(
        "VigieTwoLeaders", "sum(vigie_leader) > 1", MINUTE_MS, "critical",
        "Two workers show the figures",
        "Deux workers montrent les chiffres",
        "The clocks of two machines run differently, or two applications share one name.",
        (('vigie_leader{instance="a"}', f"1x{_LONG}"),
         ('vigie_leader{instance="b"}', f"1x{_LONG}")),
        (('vigie_leader{instance="a"}', f"1x{_LONG}"),
         ('vigie_leader{instance="b"}', f"0x{_LONG}")),
    ),
    PipelineAlert(
        "VigiePartitionWithoutOwner",
        "sum(vigie_partition_owned) != on () max(vigie_view_shards_expected)",
        5 * MINUTE_MS, "critical",
        "A partition has no owner, or two",
        "Une partition n'a pas de propriétaire, ou deux",
        "Fewer than expected: start a worker or see why one does not recover. More: a worker"
        " missed that it lost the partition; restart it.",
        ((f"vigie_partition_owned{_SHARD}", f"1x{_LONG}"),
         ("vigie_view_shards_expected", f"2x{_LONG}")),
        ((f"vigie_partition_owned{_SHARD}", f"1x{_LONG}"),
         ("vigie_view_shards_expected", f"1x{_LONG}")),
    ),
    PipelineAlert(
        "VigieRulesNotLoaded", "min(vigie_config_last_reload_successful) == 0", 0, "warning",
        "The alert rules on disk are wrong, those before them hold",
        "Les règles d'alerte sur disque sont fausses, les précédentes valent",
        "Run vigie alerts check.",
        (("vigie_config_last_reload_successful", f"0x{_LONG}"),),
        (("vigie_config_last_reload_successful", f"1x{_LONG}"),), measure="rules_not_loaded",
    ),
    PipelineAlert(
        "VigieAlertsNotJudged", "time() - max(vigie_alert_evaluation_timestamp_seconds) > 30",
        MINUTE_MS, "critical",
        "Nobody looks at the alert rules",
        "Personne n'évalue les règles d'alerte",
        "A worker's loop hangs, or none leads: vigie_leader and the worker's log.",
        (("vigie_alert_evaluation_timestamp_seconds", f"1x{_LONG}"),),
        (("vigie_alert_evaluation_timestamp_seconds", f"0+5x{_LONG}"),),
    ),
    PipelineAlert(
        "VigieAlertJournalFailing",
        "sum(increase(vigie_alert_journal_failures_total[5m])) > 0", 0, "critical",
        "What happens to alerts cannot be written down",
        "Ce qui arrive aux alertes ne s'écrit plus",
        "The broker is away or refuses writes to the topic of alerts.",
        (("vigie_alert_journal_failures_total", f"0x6 2x{_LONG}"),),
        (("vigie_alert_journal_failures_total", f"2x{_LONG}"),),
    ),
    PipelineAlert(
        "VigieNotificationsFailing",
        "sum by (target) (increase(vigie_alert_notifications_failed_total[10m])) > 3", 0,
        "critical",
        "Messages do not reach {{ $labels.target }}",
        "Les messages n'atteignent pas {{ $labels.target }}",
        "Look at the target's address, its secret, and whether it is up.",
        (('vigie_alert_notifications_failed_total{target="sms",reason="error"}',
          f"0+1x{_LONG}"),),
        (('vigie_alert_notifications_failed_total{target="sms",reason="error"}', f"9x{_LONG}"),),
        {"target": "sms"},
    ),
)  # fmt: skip
"""In the order in which they are written. Exposed names only; see the tests."""
