"""The settings of a live source: what is read, and what a mistake is told as."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.connect.ami import Ami
from streams.connect.event_socket import EventSocket
from vigie.connect_settings import LiveSettings, live_settings
from vigie.errors import UserError
from vigie.settings import load_settings

SECRET = "a password for tests only"


def live(folder: Path, name: str, **source: Any) -> LiveSettings:
    """The connection of one source of a settings file."""
    (folder / "password").write_text(f"{SECRET}\n")
    path = folder / "vigie.yaml"
    path.write_text(yaml.safe_dump({"sources": {name: source}}))
    return live_settings(load_settings(path, {}), name)


def ami(folder: Path, **more: Any) -> LiveSettings:
    given = {"format": "asterisk-ami", "user": "vigie", "secret_file": str(folder / "password")}
    return live(folder, "pbx", **(given | more))


def test_what_is_not_set_has_the_usual_value(tmp_path: Path) -> None:
    """This machine, the platform's port, 15 s, no encryption, and the password from its file."""
    found = ami(tmp_path)
    assert (found.address.host, found.address.port, found.address.tls) == ("127.0.0.1", 5038, None)
    assert found.ping_s == 15.0
    assert isinstance(found.dialogue, Ami)
    assert not found.sends_password
    password = str(tmp_path / "password")
    switch = live(tmp_path, "fs", format="freeswitch", secret_file=password)
    assert (switch.address.host, switch.address.port) == ("127.0.0.1", 8021)
    assert isinstance(switch.dialogue, EventSocket)


@pytest.mark.parametrize(
    ("more", "sends"),
    [
        ({"host": "pbx.example"}, False),
        ({"host": "pbx.example", "login": "plain"}, True),
        ({"host": "pbx.example", "login": "plain", "tls": True}, False),
        ({"host": "127.0.0.1", "login": "plain"}, False),
    ],
)
def test_a_password_that_crosses_the_network_in_clear_is_noticed(
    tmp_path: Path, more: dict[str, Any], sends: bool
) -> None:
    """The challenge never sends it; plain does, unless the line is encrypted or leads nowhere."""
    assert ami(tmp_path, **more).sends_password is sends


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"user": ""}, "sources.pbx.user is missing"),
        ({"user": 7}, "sources.pbx.user: must be a text"),
        ({"secret_file": ""}, "sources.pbx.secret_file is missing"),
        ({"secret_file": "/nowhere/at/all"}, "sources.pbx.secret_file: /nowhere/at/all cannot"),
        ({"port": 70_000}, "sources.pbx.port: must be a whole number from 1 to 65535"),
        ({"port": True}, "sources.pbx.port: must be a whole number"),
        ({"ping": "soon"}, "sources.pbx.ping: 'soon' is not a duration"),
        ({"ping": "10ms"}, "sources.pbx.ping: must be from 1s to 10m"),
        ({"tls": "yes"}, "sources.pbx.tls: must be true or false"),
        ({"tls": True, "ca_file": "/nowhere/at/all"}, "sources.pbx.ca_file: cannot be used"),
        ({"login": "md5"}, "sources.pbx.login: must be challenge or plain"),
        ({"hots": "a"}, "sources.pbx.hots: unknown setting"),
        ({"format": "csv"}, "source 'pbx' has no connection"),
    ],
)
def test_a_mistake_is_told_with_its_path(
    tmp_path: Path, more: dict[str, Any], message: str
) -> None:
    """Each ends as one line that names the setting and holds no password."""
    with pytest.raises(UserError) as told:
        ami(tmp_path, **more)
    assert message in str(told.value)
    assert SECRET not in str(told.value)


def test_a_source_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A name that the settings do not have has no connection."""
    path = tmp_path / "vigie.yaml"
    path.write_text("{}\n")
    with pytest.raises(UserError, match="source 'pbx' has no connection"):
        live_settings(load_settings(path, {}), "pbx")
