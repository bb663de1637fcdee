"""The commands of ``vigie web``: check the web configuration file, make a password's hash."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from vigie.settings import load_settings

if TYPE_CHECKING:
    from vigie.web_access import WebAccess

COST = 12
"""A quarter of a second of one core: slow to guess, and quick enough for who logs in."""


@click.group("web")
def web_group() -> None:
    """Check who may reach the web side, and make passwords for it."""


@web_group.command("check")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.pass_context
def web_check(ctx: click.Context, file: Path | None) -> int:
    """Check a web configuration file (that of the settings, if none is given)."""
    from vigie.web_access import WebAccess

    web = load_settings(ctx.obj, os.environ).web
    if file is not None:
        web = replace(web, config_file=str(file))
    access = WebAccess(web)
    click.echo(f"{web.config_file or 'the settings'}: valid, {describe(access)}")
    expires = access.expires
    if expires is not None and expires <= datetime.now(UTC):
        click.echo(f"the certificate ended on {expires:%Y-%m-%d}: renew it", err=True)
        return 2
    return 0


@web_group.command("hash")
@click.argument("user")
@click.option("--password", help="Better not given here, where others may see it: you are asked.")
@click.option("--cost", type=click.IntRange(10, 15), default=COST, show_default=True)
def web_hash(user: str, password: str | None, cost: int) -> int:
    """Print the line of a user for basic_auth_users, to be put under it with >> FILE."""
    import bcrypt
    import yaml

    from exporters.http.basic_auth import LONGEST_PASSWORD_BYTES
    from vigie.web_config import is_user_name

    if not is_user_name(user):
        raise click.UsageError("a user name has 1 to 64 characters and no colon")
    if password is None:  # asked for on standard error, as the line goes into a file
        password = click.prompt(
            "Password", hide_input=True, confirmation_prompt="The same again", err=True
        )
    given = str(password).encode()
    if not 8 <= len(given) <= LONGEST_PASSWORD_BYTES:
        raise click.UsageError(
            f"a password has 8 to {LONGEST_PASSWORD_BYTES} bytes; bcrypt reads no more"
        )
    hashed = bcrypt.hashpw(given, bcrypt.gensalt(cost)).decode()
    click.echo(f"  {yaml.safe_dump({user: hashed}, allow_unicode=True, width=1_000)}", nl=False)
    return 0


def describe(access: WebAccess) -> str:
    """Say in one line how the web side can be reached."""
    now = access.live.now
    ends = "" if access.expires is None else f", until {access.expires:%Y-%m-%d}"
    parts = [
        f"TLS{ends}" if now.has_tls else "no TLS",
        _counted(len(now.users), "user"),
        _counted(len(now.tokens), "token"),
    ]
    return ", ".join(parts)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
