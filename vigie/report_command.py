"""``vigie report``: looks at a report, or mails it once to see that it arrives."""

from __future__ import annotations

import asyncio
import base64
import secrets
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, urlencode

import click
import msgspec

from aggregators.policy import Rules
from exporters.reports.html import html_of
from exporters.reports.mail import file_name, mail_of
from exporters.reports.making import finished, steps
from exporters.reports.plan import ReportPlan
from exporters.reports.report import Report
from exporters.reports.schedule import latest, so_far
from exporters.reports.table_file import table_of
from exporters.reports.text import text_of
from exporters.reports.view import document
from vigie.errors import UserError
from vigie.instants import parse_instant_ms
from vigie.report_plan import previewed, takes
from vigie.report_plots import draw
from vigie.report_smtp import NotTakenError, send
from vigie.secret import read_secret_file
from vigie.settings import Settings
from vigie.settings_reader import nearest
from vigie.web_config import read_web_config

ANSWER_S = 120.0
_LARGEST_BYTES = 8 << 20
_NOBODY = "preview@localhost"


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Where a report comes from: a running worker, or (``source`` and ``file``) a recorded file.

    ``at`` is an instant as people write it: the report that was due last before it.
    """

    at: str | None = None
    is_so_far: bool = False
    url: str | None = None
    user: str | None = None
    password_file: Path | None = None
    cafile: Path | None = None
    source: str | None = None
    file: Path | None = None


def run_preview(settings: Settings, name: str, asking: Asking, out: Path | None) -> int:
    """Write a report into a folder as it would be sent; print where; return 0.

    Raises:
        UserError: no such report, no worker answers, or the folder cannot be written.
    """
    report = _report(settings, name, asking)
    plots = asyncio.run(draw(report))
    worded = document(report, settings.limits.min_sample)
    folder = out or Path(f"report-{file_name(report)}")
    sender = settings.mail.sender or _NOBODY
    mail = mail_of(
        report, plots, sender=sender, recipient=sender, id_=_trial_id(),
        min_sample=settings.limits.min_sample,
    )  # fmt: skip
    pages = html_of(worded, {one: one for one in plots})
    for one in plots:
        pages = pages.replace(f'"cid:{one}"', f'"{one}.png"')
    files = {
        "report.html": pages.encode(),
        "report.txt": text_of(worded).encode(),
        "report.csv": table_of(report),
        "report.json": msgspec.json.format(msgspec.json.encode(report)),
        "report.eml": mail.as_bytes(),
        **{f"{one}.png": png for one, png in plots.items()},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written ({error.strerror})", "Name another folder with --out."
        ) from None
    click.echo(f"{worded.subject}\n{folder}/: {', '.join(files)}")
    return 0


def run_send(settings: Settings, name: str, asking: Asking, to: Sequence[str]) -> int:
    """Mail a report now, to ``to`` or its recipients; print a line each; return 0 if all have it.

    It is another mail than the one that is due: its id is new, and nothing is written down.

    Raises:
        UserError: no such report, nobody to send it to, or no mail server in the settings.
    """
    plans = previewed(settings)
    mail = settings.mail
    if mail.host is None or mail.sender is None:
        raise UserError("the settings name no mail server", "Add mail.host and mail.from.")
    report = _report(settings, name, asking)
    recipients = tuple(to) or plans[name].recipients
    if not recipients:
        raise UserError(f"report {name} has no recipients", "Name some with --to.")
    plots = asyncio.run(draw(report))
    id_, failed = _trial_id(mail.sender), 0
    for recipient in recipients:
        message = mail_of(
            report, plots, sender=mail.sender, recipient=recipient, id_=id_,
            min_sample=settings.limits.min_sample,
        )  # fmt: skip
        try:
            asyncio.run(send(mail, message, recipient))
        except NotTakenError as error:
            failed += 1
            click.echo(f"{recipient}: not sent: {error}")
        else:
            click.echo(f"{recipient}: sent")
    return 1 if failed else 0


def _trial_id(sender: str = _NOBODY) -> str:
    return f"<vigie.{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>"


def _report(settings: Settings, name: str, asking: Asking) -> Report:
    plans = previewed(settings)
    plan = plans.get(name)
    if plan is None:
        raise UserError(f"there is no report {name!r}", nearest(name, plans))
    if (asking.source is None) != (asking.file is None):
        raise UserError("--source and a file belong together", "Give both, or none.")
    if asking.source is not None and asking.file is not None:
        return _computed(settings, plan, asking, asking.source, asking.file)
    return _asked(settings, name, asking)


def _computed(
    settings: Settings, plan: ReportPlan, asking: Asking, source: str, path: Path
) -> Report:
    """Make a report of a recorded file, as ``vigie compute`` computes its figures."""
    from vigie.compute import batch_rules, boards_at, read_sorted, topic_shards
    from vigie.dead_letter_file import DEFAULT, DeadLetterFile
    from vigie.source_files import open_source

    opened = open_source(settings, source, path)
    rules: Rules = batch_rules(settings.rules())
    with DeadLetterFile(DEFAULT) as letters:
        events = read_sorted(opened, path, letters)
    if not events:
        raise UserError(f"{path} has no event that can be used", "Is it the file?")
    last_ms = events[-1].event_time_ms + 1
    at_ms = last_ms if asking.at is None else parse_instant_ms(asking.at, plan.zone)
    occasion = so_far(plan, at_ms) if asking.is_so_far else latest(plan, at_ms)
    if asking.at is None and not asking.is_so_far and occasion.start_ms > last_ms:
        occasion = so_far(plan, at_ms)
    shards = topic_shards(rules)
    made_ms = max(at_ms, occasion.end_ms)
    for _ in boards_at(events, [made_ms], rules, ("1h",), None, shards):
        pass
    return finished(
        steps(
            plan, occasion, list(shards.values()), rules, made_ms=made_ms, takes=takes(plan.scope)
        )
    )


def _asked(settings: Settings, name: str, asking: Asking) -> Report:
    """Ask a running worker for the facts; wording and drawing is done here."""
    query: dict[str, str] = {}
    if asking.at is not None:
        query["at"] = asking.at
    if asking.is_so_far:
        query["so_far"] = "true"
    base = (asking.url or _own_address(settings)).rstrip("/")
    url = f"{base}/api/reports/{quote(name)}" + (f"?{urlencode(query)}" if query else "")
    request = urllib.request.Request(url, headers=_credentials(settings, asking))  # noqa: S310
    if not url.startswith(("http://", "https://")):
        raise UserError(f"{base} is not an http(s) address", "Write --url http://127.0.0.1:8080.")
    context = None
    if url.startswith("https://"):
        context = ssl.create_default_context(cafile=asking.cafile)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_S, context=context) as answer:  # noqa: S310
            return msgspec.json.decode(answer.read(_LARGEST_BYTES), type=Report)
    except urllib.error.HTTPError as refused:
        raise _refusal(refused, base) from None
    except msgspec.DecodeError:
        raise UserError(
            f"{base} answered with something else", "Is it a vigie of the same version?"
        ) from None
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise UserError(
            f"no worker answers at {base} ({reason})",
            "Start it (vigie worker, or vigie run for the demo), or name its address with --url.",
        ) from None


def _refusal(refused: urllib.error.HTTPError, base: str) -> UserError:
    try:
        told: Mapping[str, str] = msgspec.json.decode(refused.read(65_536), type=dict[str, str])
    except msgspec.DecodeError:
        told = {}
    problem = told.get("error", "it does not say why")
    return UserError(f"{base} answered {refused.code}: {problem}", told.get("fix", ""))


def _own_address(settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.web.host, settings.web.host)  # noqa: S104
    file = settings.web.config_file
    scheme = "https" if file is not None and read_web_config(Path(file)).tls is not None else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.web.port}"


def _credentials(settings: Settings, asking: Asking) -> dict[str, str]:
    if asking.user is not None:
        if asking.password_file is None:
            raise UserError("--user needs a password", "Give --password-file with it.")
        try:
            password = read_secret_file(str(asking.password_file)).reveal()
        except ValueError as error:
            raise UserError(f"--password-file: {error}", "Name a readable file.") from None
        pair = base64.b64encode(f"{asking.user}:{password}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    token = settings.web.token
    return {} if token is None else {"Authorization": f"Bearer {token.reveal()}"}
