"""The settings: one YAML file, overridden by environment variables, checked as a whole."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, field

from aggregators.policy import CHANNEL_POLICIES, DAY_MS, HOUR_MS, Rules
from vigie.alert_settings_checks import check_alerts
from vigie.environment import overlay
from vigie.errors import UserError
from vigie.policies import channel_policy, queue_policy
from vigie.sections import (
    Agents,
    Channel,
    Defaults,
    Demo,
    Duration,
    Kafka,
    Limits,
    Logging,
    Policy,
    Privacy,
    Queue,
    Redis,
    Section,
    SourceSettings,
)
from vigie.sections_alerts import Alerts
from vigie.sections_boards import HeadlineKpis, Metrics, check_boards
from vigie.sections_business import Business, check_business
from vigie.sections_customers import Customers, customer_rules
from vigie.sections_feedback import (
    OwnSector,
    Surveys,
    Themes,
    check_feedback,
    scales_of,
    theme_keys,
)
from vigie.sections_ingest import Ingest, check_ingest
from vigie.sections_reports import Mail, Reports, check_reports
from vigie.sections_selfcare import Selfcare, check_selfcare
from vigie.sections_sla import Motives, TicketPromises, check_motives, check_sla, sla_of
from vigie.sections_web import Web, check_web
from vigie.settings_checks import check
from vigie.settings_file import Given, read_settings_file
from vigie.settings_reader import SettingError, read

Window: TypeAlias = str
Interval: TypeAlias = Literal["15m", "30m"]


class Settings(Section, frozen=True, kw_only=True):
    """Everything that can be set. Absent sections have their defaults."""

    kafka: Annotated[Kafka, Meta(description="The broker, the topics and the checkpoints.")] = (
        Kafka()
    )
    redis: Annotated[
        Redis, Meta(description="What several workers share; one worker needs none.")
    ] = Redis()
    web: Annotated[Web, Meta(description="Wallboard, API, `/metrics`, health pages.")] = Web()
    defaults: Annotated[
        Defaults, Meta(description="What holds for every queue that does not say otherwise.")
    ] = Defaults()
    channels: Annotated[
        dict[Channel, Policy], Meta(description="What holds for the queues of a channel.")
    ] = field(default_factory=dict)
    queues: Annotated[
        list[Queue], Meta(description="One entry per queue and channel; weaker layers fill it up.")
    ] = field(default_factory=list)
    agents: Annotated[Agents, Meta(description="What is known about agents.")] = Agents()
    windows: Annotated[
        list[Window],
        Meta(
            description="Windows that are shown and exported: a length (`5m`, `4h`, `7d`), "
            "`interval_15m`, `interval_15m_last`, `interval_30m`, `interval_30m_last`, `today`, "
            "`week`, `month`, `quarter`, `year` and with `_last` the closed one before, `whole`."
        ),
    ] = field(default_factory=lambda: ["1m", "5m", "15m", "30m", "1h", "today"])
    intervals: Annotated[
        list[Interval], Meta(description="Intervals of which the open and last closed are kept.")
    ] = field(default_factory=lambda: ["15m", "30m"])
    lateness_ms: Annotated[
        Duration,
        Meta(description="How far behind the newest event one may be and still enter the windows."),
    ] = HOUR_MS
    retention_ms: Annotated[
        Duration,
        Meta(
            description="How long every single wait is kept, after that counts and sums for two "
            "years; an event older than this is refused."
        ),
    ] = 8 * DAY_MS
    headline_kpis: HeadlineKpis = field(default_factory=list)
    metrics: Annotated[
        Metrics, Meta(description="Which series there are beside those by queue and channel.")
    ] = Metrics()
    surveys: Surveys = field(default_factory=dict)
    themes: Themes = field(default_factory=dict)
    sector: OwnSector = None
    sla: Annotated[TicketPromises, Meta(description="Promises for tickets, by priority.")] = (
        TicketPromises()
    )
    motives: Motives = field(default_factory=list)
    selfcare: Annotated[Selfcare, Meta(description="Bots, help pages, portals.")] = Selfcare()
    customers: Annotated[Customers, Meta(description="When customers come back.")] = Customers()
    business: Annotated[Business, Meta(description="Costs, sales, carts, customers.")] = Business()
    alerts: Annotated[Alerts, Meta(description="Rules, and whom their alerts reach.")] = Alerts()
    reports: Reports = field(default_factory=list)
    mail: Annotated[Mail, Meta(description="The mail server that takes reports.")] = Mail()
    limits: Annotated[Limits, Meta(description="Bounds on memory and series.")] = Limits()
    unknown: Annotated[
        Literal["accept", "refuse"],
        Meta(description="What happens to events of queues that have no entry in `queues`."),
    ] = "accept"
    sources: Annotated[
        dict[str, SourceSettings],
        Meta(description="Settings of each source by its name; the source checks them."),
    ] = field(default_factory=dict)
    ingest: Annotated[Ingest, Meta(description="The webhook receiver `vigie ingest`.")] = Ingest()
    privacy: Annotated[Privacy, Meta(description="How customers are made unrecognisable.")] = (
        Privacy()
    )
    logging: Annotated[Logging, Meta(description="What the program writes about itself.")] = (
        Logging()
    )
    demo: Annotated[Demo, Meta(description="The simulated contact centre of `vigie run`.")] = Demo()

    @property
    def zone(self) -> str:
        """The IANA zone of local times that name none."""
        return "UTC" if self.defaults.zone is UNSET else self.defaults.zone

    def rules(self) -> Rules:
        """Return what the fold and the KPIs read of the settings."""
        return Rules(
            queues={
                (queue.name, queue.channel): queue_policy(queue, self.defaults, self._channels())
                for queue in self.queues
            },
            channels={
                channel: channel_policy(channel, self.defaults, self._channels())
                for channel in CHANNEL_POLICIES
            },
            agent_teams=dict(self.agents.teams),
            lateness_ms=self.lateness_ms,
            retention_ms=self.retention_ms,
            unresponsive_after_ms=self.agents.unresponsive_after_ms,
            future_limit_ms=self.limits.future_ms,
            agent_figures=self.agents.figures,
            known_only=self.unknown == "refuse",
            max_queues=self.limits.max_queues,
            max_label_length=self.limits.label_length,
            max_open_contacts=self.limits.open_contacts,
            min_sample=self.limits.min_sample,
            surveys=scales_of(self.surveys),
            themes=theme_keys(self.themes, self.limits.label_length),
            sector=self.sector,
            sla=sla_of(self.sla),
            motives=frozenset(self.motives),
            selfcare_idle_ms=self.selfcare.idle_after_ms,
            expressions_kept=self.selfcare.expressions_kept,
            expressions_listed=self.selfcare.expressions_listed,
            customers=customer_rules(self.customers),
            currency=self.business.currency,
            cart_idle_ms=self.business.cart_idle_after_ms,
            customer_lifetime_years=self.business.customer_lifetime_years,
            purchases_per_year=self.business.purchases_per_year,
            intervals_min=tuple(int(interval.removesuffix("m")) for interval in self.intervals),
            windows=tuple(self.windows),
        )

    def with_overrides(
        self, threshold_ms: int | None = None, short_limit_ms: int | None = None
    ) -> Settings:
        """Return the settings with a threshold or short limit that holds for every queue."""
        changes: dict[str, int] = {}
        if threshold_ms is not None:
            changes["threshold_ms"] = threshold_ms
        if short_limit_ms is not None:
            changes["short_limit_ms"] = short_limit_ms
        if not changes:
            return self
        replace: Any = msgspec.structs.replace
        given: Mapping[str, Policy] = self._channels()
        channels = {c: replace(given.get(c, Policy()), **changes) for c in CHANNEL_POLICIES}
        queues = [replace(queue, **changes) for queue in self.queues]
        overridden: Settings = replace(self, channels=channels, queues=queues)
        return overridden

    def _channels(self) -> dict[str, Policy]:
        return {str(channel): policy for channel, policy in self.channels.items()}

    def customer_secret(self) -> bytes:
        """Return the key of the customer hash; a new random one when none is set."""
        secret = self.privacy.customer_key_secret
        return secrets.token_bytes(32) if secret is None else secret.reveal().encode()


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the settings file (none: defaults) and the environment, check them together.

    Raises:
        UserError: names file and line, the setting's path, and the fix.
    """
    given = Given({}, "defaults") if path is None else read_settings_file(path)
    if given.value is None:
        given.value = {}
    if not isinstance(given.value, dict):
        raise UserError(
            f"{given.where}: settings are lines of name: value", "See examples/vigie.yaml."
        )
    overlay(given, environ, Settings)
    try:
        settings: Settings = read(Settings, given)
        check(settings, environ)
        check_web(settings.web)
        check_boards(settings)
        check_selfcare(settings.selfcare)
        check_sla(settings.sla, settings.retention_ms)
        check_motives(settings.motives, settings.limits.label_length)
        check_business(settings.business)
        check_feedback(settings.surveys, settings.themes, settings.limits.label_length)
        check_alerts(settings.alerts, settings.zone, environ)
        check_reports(settings, environ)
        check_ingest(settings.ingest, settings.sources)
    except SettingError as error:
        raise error.in_file(given) from None
    return settings
