"""The section ``web`` of the settings file: what serves the numbers, and who may reach it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, field

from exporters.http.client_address import networks
from vigie.durations import parse_duration_ms
from vigie.secret import Secret
from vigie.sections import Duration, Section
from vigie.settings_checks import check_secret
from vigie.settings_reader import SettingError

Role: TypeAlias = Literal["scraper", "viewer", "supervisor", "admin"]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]


class WebToken(Section, frozen=True, kw_only=True):
    """A bearer token of one person or one program."""

    name: Annotated[
        Name, Meta(description="Who has it; what they do to alerts is written down under it.")
    ]
    token: Annotated[
        Secret | None,
        Meta(description="The token, at least 16 characters; prefer `token_file`."),
    ] = None
    token_file: Annotated[str | None, Meta(description="File that holds the token.")] = None
    role: Annotated[Role, Meta(description="What its holder may do, as in `web.users`.")] = "viewer"


class WebRateLimit(Section, frozen=True, kw_only=True):
    """How often one client may ask: a user or token, else an address."""

    interval_ms: Annotated[
        Duration, Meta(description="Least time between two requests in the long run; `0s`: none.")
    ] = parse_duration_ms("10ms")
    burst: Annotated[
        int, Meta(ge=1, le=100_000, description="Requests that may come at once before that.")
    ] = 1_000


class Web(Section, frozen=True, kw_only=True):
    """What serves the wallboard, the API, `/metrics` and the health pages."""

    host: Annotated[
        str, Meta(min_length=1, description="Address to listen on; only this machine by default.")
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port; 0 takes any free one.")] = 8080
    config_file: Annotated[
        str | None,
        Meta(
            description="TLS, users with passwords, headers and rate limit, in the format of "
            "Prometheus' exporter-toolkit ([security](security.md#tls-and-users)); also "
            "`--web.config.file`. Read again when it changes."
        ),
    ] = None
    users: Annotated[
        dict[str, Role],
        Meta(
            description="Role of each user of `config_file`: `scraper` reads metrics, `viewer` "
            "(who is not named here) everything, `supervisor` also acts on alerts, `admin` also "
            "silences everything."
        ),
    ] = field(default_factory=dict)
    token: Annotated[
        Secret | None,
        Meta(
            description="Bearer token for API and metrics, with the role `admin` and without a "
            "name; prefer `token_file`."
        ),
    ] = None
    token_file: Annotated[str | None, Meta(description="File that holds the bearer token.")] = None
    tokens: Annotated[
        list[WebToken], Meta(description="Further bearer tokens, each with a name and a role.")
    ] = field(default_factory=list)
    trusted_proxies: Annotated[
        list[str],
        Meta(
            description="Addresses or networks (`10.0.0.0/8`) of proxies whose `X-Forwarded-For` "
            "says who asks."
        ),
    ] = field(default_factory=list)
    rate_limit: Annotated[
        WebRateLimit, Meta(description="How often one client may ask; `config_file` goes before.")
    ] = WebRateLimit()
    max_connections: Annotated[
        int, Meta(ge=10, le=100_000, description="Connections at once; more are refused.")
    ] = 1_000
    allowed_hosts: Annotated[
        list[str],
        Meta(
            description="Further host names that a request may name besides the address itself "
            "and `localhost` (guards against DNS rebinding)."
        ),
    ] = field(default_factory=list)
    frame_ancestors: Annotated[
        str, Meta(description="Who may embed the page, as in a content security policy.")
    ] = "'none'"
    refresh_ms: Annotated[
        Duration,
        Meta(description="Age of a board in use; new ones are pushed about twice as often."),
    ] = parse_duration_ms("1s")


def check_web(web: Web) -> None:
    """Check what the types cannot.

    Raises:
        SettingError: the first contradiction.
    """
    for i, proxy in enumerate(web.trusted_proxies):
        try:
            networks([proxy])
        except ValueError:
            raise SettingError(
                ("web", "trusted_proxies", i),
                f"web.trusted_proxies[{i}]: {proxy!r} is not an address or a network",
                "Write for example 10.0.0.5 or 10.0.0.0/8.",
            ) from None
    for i, token in enumerate(web.tokens):
        if token.token is None:
            raise SettingError(
                ("web", "tokens", i), f"web.tokens[{i}] has no token", "Set its token_file."
            )
        check_secret(("web", "tokens", i, "token"), token.token)
    _check_names(web)
    if web.users and web.config_file is None:
        raise SettingError(
            ("web", "users"),
            "web.users gives roles, and there is no web.config_file with passwords",
            "Name it, or give tokens in web.tokens.",
        )


def _check_names(web: Web) -> None:
    for i, token in enumerate(web.tokens):
        others = [*(one.name for one in web.tokens[:i]), *web.users]
        if token.name in others:
            raise SettingError(
                ("web", "tokens", i, "name"),
                f"web.tokens[{i}].name: {token.name!r} is another's name already",
                "Give each person and each program a name of its own.",
            )
    texts = [text for _, text, _ in tokens_of(web)]
    if len(set(texts)) < len(texts):
        raise SettingError(
            ("web", "tokens"), "web.tokens: two tokens are the same", "Make each with openssl rand."
        )


def tokens_of(web: Web) -> Iterable[tuple[str | None, str, Role]]:
    """Yield name, text and role of every token."""
    if web.token is not None:
        yield None, web.token.reveal(), "admin"
    for token in web.tokens:
        if token.token is not None:
            yield token.name, token.token.reveal(), token.role
