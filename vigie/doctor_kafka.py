"""The doctor's findings about Kafka, from a survey and the settings. No network here."""

from __future__ import annotations

from collections.abc import Iterator

from streams.settings import StreamSettings
from streams.topics import TopicSpec, missing_fix, plan
from vigie.finding import Finding
from vigie.kafka_survey import Survey, TopicFacts

_MAX_SKEW_MS = 2_000
_HARM = {
    "message.timestamp.type": "so a wrong producer clock can close windows early",
    "cleanup.policy": "so what vigie needs there gets lost",
}
"""The settings of a topic that must be right, and what happens if not."""


def kafka_findings(found: Survey, stream: StreamSettings) -> Iterator[Finding]:
    """Yield what the survey says about brokers, topics, changelogs and the clock."""
    brokers = f"{found.brokers} broker{'s' if found.brokers != 1 else ''}"
    yield Finding("kafka", f"{stream.bootstrap_servers} answers, {brokers}")
    specs = plan(stream)
    missing = [spec.name for spec in specs if spec.name not in found.topics]
    if missing:
        fix = missing_fix(stream)
        yield Finding("topics", f"missing: {', '.join(missing)}", f"{fix[0].upper()}{fix[1:]}.")
    for spec in specs:
        if spec.name in found.topics:
            yield _topic(spec, found.topics[spec.name], stream, found.brokers)
    yield from _partitions(found, stream)
    yield _clock(found)


def _topic(spec: TopicSpec, facts: TopicFacts, stream: StreamSettings, brokers: int) -> Finding:
    subject = f"topic {spec.name}"
    if brokers >= 3 and facts.replication < 2:
        return Finding(
            subject,
            "has one copy although there are several brokers",
            "Set kafka.replication_factor: 3 and create the topic again.",
        )
    if spec.has_own_count and facts.partitions != spec.partitions:
        return Finding(
            subject,
            f"has {facts.partitions} partitions instead of {spec.partitions}",
            "Stop all workers, delete it (open alerts are forgotten), then run: "
            "vigie topics create.",
        )
    if spec.name.endswith("-changelog") and facts.partitions != spec.partitions:
        return Finding(
            subject,
            f"has {facts.partitions} partitions, the settings say {spec.partitions}",
            "Delete it while no worker runs, then run: vigie topics create.",
        )
    if facts.settings is None:
        return Finding(subject, f"{facts.partitions} partitions; the broker tells no settings")
    for name, harm in _HARM.items():
        wanted, got = spec.config.get(name), facts.settings.get(name)
        if wanted is not None and got is not None and got != wanted:
            return Finding(
                subject,
                f"{name} is {got}, {harm}",
                f"Run: kafka-configs.sh --bootstrap-server {stream.bootstrap_servers} --alter "
                f"--topic {spec.name} --add-config {name}={wanted}",
            )
    told = [facts.settings[name] for name in _HARM if name in facts.settings]
    shown = f"{facts.partitions} partition{'s' if facts.partitions != 1 else ''}"
    return Finding(subject, ", ".join([shown, *told]))


def _partitions(found: Survey, stream: StreamSettings) -> Iterator[Finding]:
    counts = {n: found.topics[n].partitions for n in stream.source_topics() if n in found.topics}
    if not counts:
        return
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        yield Finding(
            "partitions",
            f"differ between the topics ({shown})",
            f"Raise all to {max(counts.values())} with kafka-topics.sh --alter --partitions, "
            f"and set kafka.partitions: {max(counts.values())}.",
        )
    elif (count := next(iter(counts.values()))) != stream.partitions:
        yield Finding(
            "partitions",
            f"the topics have {count}, the settings say {stream.partitions}",
            f"Set kafka.partitions: {count}.",
        )
    else:
        yield Finding("partitions", f"{count} in every topic, as in the settings")


def _clock(found: Survey) -> Finding:
    if found.newest_append_ms is None:
        return Finding("clock", "no record to compare with the broker's clock yet")
    behind_ms = found.newest_append_ms - found.local_ms
    if behind_ms > _MAX_SKEW_MS:
        return Finding(
            "clock",
            f"this machine is at least {behind_ms / 1000:.1f} s behind the broker",
            "Switch on time synchronisation (NTP) on both.",
        )
    return Finding("clock", "not behind the broker's clock")
