"""The command ``vigie report``."""

from __future__ import annotations

from pathlib import Path

import click

from vigie.cli_settings import settings_of
from vigie.errors import UserError

_FILE = click.Path(path_type=Path)


@click.command("report")
@click.option("--preview", metavar="NAME", help="Write it into a folder, as it would be sent.")
@click.option("--send", metavar="NAME", help="Mail a report now, beside those that are due.")
@click.option("--to", multiple=True, metavar="ADDRESS", help="With --send: to whom, instead of its "
              "recipients. Repeats.")  # fmt: skip
@click.option("--at", metavar="INSTANT", help="The report that was due last before it; now.")
@click.option("--so-far", is_flag=True, help="The day or week that still runs.")
@click.option("--out", "-o", type=_FILE, help="Folder for --preview.  [default: by name and day]")
@click.option("--url", help="The worker to ask, instead of the address of the settings.")
@click.option("--user", help="User name at the worker, if its web side has users.")
@click.option("--password-file", type=_FILE, help="File that holds the user's password.")
@click.option("--cafile", type=_FILE, help="Certificates (PEM) to trust at the worker.")
@click.option("--source", help="Instead of asking a worker: the format of a recorded FILE.")
@click.argument("file", type=_FILE, required=False)
@click.pass_context
def report_command(
    ctx: click.Context, preview: str | None, send: str | None, to: tuple[str, ...],
    at: str | None, so_far: bool, out: Path | None, url: str | None, user: str | None,
    password_file: Path | None, cafile: Path | None, source: str | None, file: Path | None,
) -> int:  # fmt: skip
    """Look at an e-mailed report, or mail one to see that it arrives.

    The numbers come from a running worker, or with --source from a recorded file.
    """
    if (preview is None) == (send is None):
        raise UserError("vigie report does one thing", "Give --preview NAME or --send NAME.")
    from vigie.report_command import Asking, run_preview, run_send

    asking = Asking(
        at=at, is_so_far=so_far, url=url, user=user, password_file=password_file, cafile=cafile,
        source=source, file=file,
    )  # fmt: skip
    if preview is not None:
        return run_preview(settings_of(ctx), preview, asking, out)
    assert send is not None
    return run_send(settings_of(ctx), send, asking, to)
