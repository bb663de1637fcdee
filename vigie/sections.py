"""The sections of the settings file: every setting with its type, default and meaning.

These structs are the one place where settings are declared. The reader, the JSON Schema and
``docs/settings.md`` are made from them. A setting ``threshold`` that holds a duration is the
attribute ``threshold_ms``: written ``90s`` in the file, integer milliseconds in the program.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from vigie.durations import PATTERN, parse_duration_ms
from vigie.opening_hours import CLOCK_PATTERN, SHIFT_PATTERN
from vigie.secret import Secret


def setting_name(attribute: str) -> str:
    """Return the name in the file of an attribute: without the unit that the value carries."""
    return attribute.removesuffix("_ms")


class Section(Struct, frozen=True, forbid_unknown_fields=True, rename=setting_name):
    """A mapping in the settings file; unknown names are refused."""


def _ms(written: str) -> int:
    return parse_duration_ms(written)


Duration: TypeAlias = Annotated[
    int,
    Meta(
        ge=0,
        extra={"form": "duration"},
        extra_json_schema={
            "pattern": PATTERN,
            "x-form": "duration",
        },
    ),
]
Clock: TypeAlias = Annotated[
    str, Meta(pattern=CLOCK_PATTERN, extra={"phrase": 'a time of day such as "06:30"'})
]
Shift: TypeAlias = Annotated[
    str, Meta(pattern=SHIFT_PATTERN, extra={"phrase": 'a span such as "09:00-18:00"'})
]
Day: TypeAlias = Annotated[
    str,
    Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", extra={"phrase": 'a date such as "2026-12-25"'}),
]
Zone: TypeAlias = Annotated[str, Meta(examples=["Europe/Paris"])]
Ratio: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
QueueName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
TeamName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
Channel: TypeAlias = Literal[
    "voice", "chat", "messaging", "email", "ticket", "social", "task", "selfcare"
]
Variant: TypeAlias = Literal[
    "answered_only", "abandons_in_sl_ignored", "abandons_positive", "abandons_negative",
    "short_abandons_excluded", "long_abandons_only", "short_call_removed_ignored",
    "short_call_removed_positive", "short_call_removed_negative", "genesys", "in_hours_missed",
    "timer_expiry",
]  # fmt: skip


class Kafka(Section, frozen=True, kw_only=True):
    """The broker, the topics and the checkpoints."""

    bootstrap_servers: Annotated[
        str, Meta(description="Brokers to begin with, `host:port`, several parted by commas.")
    ] = "127.0.0.1:9092"
    topic_prefix: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9._-]{0,100}$",
            description="Put before every topic name: with `acme.` the topic is `acme.calls`.",
            extra={"phrase": "letters, digits, dots, dashes or underscores"},
        ),
    ] = ""
    app_id: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9._-]{1,100}$",
            description="Consumer group; also the first part of the changelog topics' names.",
            extra={"phrase": "1 to 100 letters, digits, dots, dashes or underscores"},
        ),
    ] = "vigie"
    partitions: Annotated[
        int,
        Meta(ge=1, le=1000, description="Partitions of every topic; equal for all of them."),
    ] = 4
    replication_factor: Annotated[
        int, Meta(ge=1, le=10, description="Copies of every topic; 3 in production.")
    ] = 1
    topic_retention_ms: Annotated[
        Duration, Meta(description="How long the source topics keep their events.")
    ] = _ms("7d")
    dead_letter_retention_ms: Annotated[
        Duration, Meta(description="How long the dead-letter topic keeps refused events.")
    ] = _ms("7d")
    checkpoint_interval_ms: Annotated[
        Duration,
        Meta(
            description="How often each shard writes a checkpoint; counters move with it. Less "
            "often, but every 3 s, where that would take a tenth of the worker's time."
        ),
    ] = _ms("1s")
    session_timeout_ms: Annotated[
        Duration,
        Meta(
            description="A worker that the brokers have not heard for this long loses its "
            "partitions to the others; brokers allow 6 s to 30 min."
        ),
    ] = _ms("10s")
    instance_id: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9._-]{0,100}$",
            description="A name of this worker alone: restarted within the session timeout it has "
            "its partitions back at once, and the others keep theirs (static membership).",
            extra={"phrase": "at most 100 letters, digits, dots, dashes or underscores"},
        ),
    ] = ""
    security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        Meta(
            description="`SASL_PLAINTEXT` sends the password in clear and is refused unless the "
            "environment has `VIGIE_ALLOW_PLAINTEXT=1`."
        ),
    ] = "PLAINTEXT"
    sasl_username: Annotated[
        str | None, Meta(description="User name for SASL (SCRAM-SHA-512).")
    ] = None
    sasl_password: Annotated[Secret | None, Meta(description="Password for SASL.")] = None
    sasl_password_file: Annotated[
        str | None, Meta(description="File that holds the password for SASL.")
    ] = None
    ssl_cafile: Annotated[
        str | None,
        Meta(description="Certificates (PEM) to trust; without it those of the system."),
    ] = None
    ssl_certfile: Annotated[str | None, Meta(description="Our own certificate (PEM).")] = None
    ssl_keyfile: Annotated[str | None, Meta(description="Key of our own certificate (PEM).")] = None


class Redis(Section, frozen=True, kw_only=True):
    """What several workers share; one worker alone needs none of it."""

    url: Annotated[
        str | None,
        Meta(
            description="Such as `redis://127.0.0.1:6379/0`, `rediss://` for TLS, or "
            "`unix:///path`; without a password. Plain `redis://` to another machine is refused "
            "unless the environment has `VIGIE_ALLOW_PLAINTEXT=1`. None: a worker shows its own "
            "partitions only."
        ),
    ] = None
    username: Annotated[str | None, Meta(description="User name.")] = None
    password: Annotated[Secret | None, Meta(description="Password; prefer `password_file`.")] = None
    password_file: Annotated[str | None, Meta(description="File that holds the password.")] = None
    ssl_cafile: Annotated[
        str | None,
        Meta(description="Certificates (PEM) to trust; without it those of the system."),
    ] = None
    ssl_certfile: Annotated[
        str | None, Meta(description="Our own certificate (PEM), if Redis asks for one.")
    ] = None
    ssl_keyfile: Annotated[str | None, Meta(description="Key of our own certificate (PEM).")] = None
    lease_ms: Annotated[
        Duration,
        Meta(
            description="How long a worker that fell silent keeps the sole right to show the KPI "
            "series; `1s` to `60s`. Take-over takes a quarter more."
        ),
    ] = _ms("2s")


class Genesys(Section, frozen=True, kw_only=True):
    """The three switches of the `genesys` service level."""

    flow_outs: Annotated[bool, Meta(description="Flow-outs are in the denominator.")] = False
    abandons: Annotated[bool, Meta(description="Abandons are in the denominator.")] = True
    short_abandons: Annotated[
        bool, Meta(description="Short abandons are in the denominator too.")
    ] = False


class Defaults(Section, frozen=True, kw_only=True):
    """What holds for every queue that does not say otherwise."""

    zone: Annotated[
        Zone | UnsetType,
        Meta(description="IANA time zone of the queue's clock; also of local `--at` times."),
    ] = UNSET
    reset_at: Annotated[
        Clock | UnsetType, Meta(description="Local time at which `today` begins.")
    ] = UNSET
    hours: Annotated[
        dict[str, list[Shift]] | UnsetType | None,
        Meta(
            description="Business hours by day or range of days, "
            'such as `{mon-fri: ["09:00-18:00"], sat: []}`; days not named are closed, '
            "without any hours the queue is always open."
        ),
    ] = UNSET
    holidays: Annotated[
        list[Day] | UnsetType, Meta(description="Dates on which the queue stays closed.")
    ] = UNSET
    target: Annotated[
        Ratio | UnsetType, Meta(description="Share that should be answered in time, 0 to 1.")
    ] = UNSET
    short_limit_ms: Annotated[
        Duration | UnsetType, Meta(description="An abandon with a wait below this is short.")
    ] = UNSET
    headline_variant: Annotated[
        Variant | UnsetType,
        Meta(description="Which service-level formula is shown first and held to the target."),
    ] = UNSET
    at_risk_within_ms: Annotated[
        list[Duration] | UnsetType,
        Meta(description="How long before the threshold a waiting contact is at risk."),
    ] = UNSET
    wrap_up_limit_ms: Annotated[
        Duration | UnsetType, Meta(description="An after-contact work longer than this is closed.")
    ] = UNSET


class Policy(Defaults, frozen=True, kw_only=True):
    """What holds for a channel; everything of `defaults` and what depends on the channel."""

    threshold_ms: Annotated[
        Duration | UnsetType,
        Meta(description="A wait up to this is in time (the X of the service level)."),
    ] = UNSET
    max_wait_ms: Annotated[
        Duration | UnsetType | None,
        Meta(description="A contact that waits longer is lost; `null` for no limit."),
    ] = UNSET
    max_handle_ms: Annotated[
        Duration | UnsetType, Meta(description="A conversation that lasts longer is closed.")
    ] = UNSET
    callbacks: Annotated[
        Literal["exclude", "as_removed", "as_missed"] | UnsetType | None,
        Meta(
            description="What a callback request counts as in the service level; `null` leaves "
            "each formula its own way."
        ),
    ] = UNSET
    genesys: Annotated[
        Genesys | UnsetType, Meta(description="Switches of the `genesys` formula.")
    ] = UNSET
    timer_abandons: Annotated[
        Literal["ignored", "positive", "negative"] | UnsetType,
        Meta(description="What an abandon in time counts as in the `timer_expiry` formula."),
    ] = UNSET


class Queue(Policy, frozen=True, kw_only=True):
    """One queue on one channel; whatever it leaves out comes from the channel."""

    name: Annotated[QueueName, Meta(description="Name of the queue as the events carry it.")]
    channel: Annotated[Channel, Meta(description="The channel that these settings are for.")] = (
        "voice"
    )
    team: Annotated[TeamName | None, Meta(description="Team that answers for the queue.")] = None


class Agents(Section, frozen=True, kw_only=True):
    """What is known about agents."""

    teams: Annotated[
        dict[str, TeamName], Meta(description="Team by agent id, where the events do not tell it.")
    ] = {}
    figures: Annotated[
        bool,
        Meta(description="Keep figures by agent for the API; they are personal data."),
    ] = False
    names: Annotated[
        bool,
        Meta(
            description="With `figures`: show single agents by their ids on the wallboard's page "
            "of agents, instead of by short names that are made anew at each start."
        ),
    ] = False
    unresponsive_after_ms: Annotated[
        Duration,
        Meta(description="An agent whose heartbeats stop for this long counts as gone."),
    ] = _ms("5m")


class Limits(Section, frozen=True, kw_only=True):
    """Bounds that protect memory and Prometheus; each has a metric."""

    max_queues: Annotated[
        int,
        Meta(ge=1, le=10_000, description="Names beyond this many are folded into `__other__`."),
    ] = 500
    label_length: Annotated[
        int, Meta(ge=8, le=128, description="Longest label value; longer ones are cut.")
    ] = 64
    open_contacts: Annotated[int, Meta(ge=1, description="Open contacts per shard at most.")] = (
        200_000
    )
    max_series: Annotated[
        int,
        Meta(
            ge=1_000,
            description="Samples on a page of `/metrics` at most; keep it below the "
            "`sample_limit` of the scrape job.",
        ),
    ] = 75_000
    future_ms: Annotated[
        Duration, Meta(description="An event further ahead of the broker's clock is refused.")
    ] = _ms("5m")
    min_sample: Annotated[
        int, Meta(ge=0, description="A ratio over fewer contacts is greyed and never alerts.")
    ] = 20


class Privacy(Section, frozen=True, kw_only=True):
    """How customers are made unrecognisable."""

    customer_key_secret: Annotated[
        Secret | None,
        Meta(
            description="Key of the hash that replaces customer ids, at least 16 characters; "
            "without it each run invents one and customers are not recognised across runs."
        ),
    ] = None
    customer_key_secret_file: Annotated[
        str | None, Meta(description="File that holds the key.")
    ] = None


class Logging(Section, frozen=True, kw_only=True):
    """What the program writes about itself, on standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least level written.")
    ] = "info"
    format: Annotated[
        Literal["text", "json"],
        Meta(description="`json` writes one object per line. Times are UTC in both."),
    ] = "text"


class Demo(Section, frozen=True, kw_only=True):
    """The simulated contact centre of `vigie run`."""

    seed: Annotated[int, Meta(ge=0, description="The same seed gives the same day.")] = 1
    speed: Annotated[float, Meta(gt=0, le=3600, description="Simulated seconds per second.")] = 1.0
    incident: Annotated[
        str | None, Meta(description="Trouble to begin with, by its name in the simulator.")
    ] = None


SourceSettings: TypeAlias = dict[str, Any]
