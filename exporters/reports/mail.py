"""A report as a mail: plain text, HTML with its plots, and the table attached."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from hashlib import sha256

from exporters.reports.document import Document
from exporters.reports.html import html_of
from exporters.reports.numbers import iso
from exporters.reports.report import Report
from exporters.reports.table_file import table_of
from exporters.reports.text import text_of
from exporters.reports.view import document as worded

POLICY = email.policy.SMTP


def message_id(key: str, installation: str, sender: str) -> str:
    """Return the id of the mail of an occasion: the same however often it is sent.

    ``installation`` keeps those of two installations apart. The domain is the sender's.
    """
    digest = sha256(f"{installation}\n{key}".encode()).hexdigest()[:32]
    return f"<vigie.{digest}@{sender.rpartition('@')[2] or 'localhost'}>"


def mail_of(
    report: Report,
    plots: Mapping[str, bytes],
    *,
    sender: str,
    recipient: str,
    id_: str,
    min_sample: int = 20,
) -> EmailMessage:
    """Return the mail to one recipient."""
    document = worded(report, min_sample)
    mail = EmailMessage(policy=POLICY)
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = document.subject
    mail["Date"] = datetime.fromtimestamp(report.made_ms / 1000, UTC)
    mail["Message-ID"] = id_
    mail["Content-Language"] = report.language
    mail["Auto-Submitted"] = "auto-generated"  # out-of-office replies stay away
    mail["X-Auto-Response-Suppress"] = "All"
    fill(mail, report, document, plots, id_)
    return mail


def fill(
    mail: EmailMessage,
    report: Report,
    document: Document,
    plots: Mapping[str, bytes],
    id_: str,
) -> None:
    """Put the parts in."""
    names = {name: f"{name}.{id_.strip('<>')}" for name in plots}
    mail.set_content(text_of(document), cte="quoted-printable")
    mail.add_alternative(html_of(document, names), subtype="html", cte="quoted-printable")
    html = mail.get_payload()[1]  # type: ignore[index]
    for name, png in plots.items():
        html.add_related(  # type: ignore[union-attr]
            png, "image", "png", cid=f"<{names[name]}>", disposition="inline",
            filename=f"{name}.png",
        )  # fmt: skip
    mail.add_attachment(
        table_of(report), "text", "csv", filename=f"{file_name(report)}.csv",
        params={"charset": "utf-8"},
    )  # fmt: skip


def file_name(report: Report) -> str:
    """Return the name of files of a report, without ending: ``sales-2026-11-22``."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", report.name).strip("-.") or "report"
    return f"{name}-{iso(report.start_ms, report.zone)[:10]}"
