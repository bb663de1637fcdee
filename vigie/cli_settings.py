"""The settings of a command, with which every command but a few begins."""

from __future__ import annotations

import os
from pathlib import Path

import click

from vigie.logging import set_up_logging
from vigie.settings import Settings, load_settings


def settings_of(ctx: click.Context, web_config: Path | None = None) -> Settings:
    """Return the settings of the command line, and log as they say.

    ``web_config`` goes before the file that ``web.config_file`` names.

    Raises:
        UserError: they are wrong.
    """
    environ = dict(os.environ)
    if web_config is not None:
        environ["VIGIE_WEB__CONFIG_FILE"] = str(web_config)
    settings = load_settings(ctx.obj, environ)
    set_up_logging(settings.logging.level, settings.logging.format)
    return settings
