"""Who may reach the web side: made of the settings and the web configuration file, and kept fresh.

The file and the certificates that it names are looked at every second. A good change holds for the
next request or connection; after a bad one the last good file holds on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from exporters.http.access import Access, LiveAccess
from exporters.http.client_address import networks
from exporters.http.credentials import Token
from exporters.http.rate_limit import RateLimit
from exporters.http.tls import Tls, TlsError, current_context, expiry, tls_context
from vigie.errors import UserError
from vigie.sections_web import Web, tokens_of
from vigie.web_config import WebConfig, read_web_config

log = logging.getLogger(__name__)

LOOK_S = 1.0
WARNED = timedelta(days=14)
"""A certificate that ends sooner is told of."""
_NO_FILE = WebConfig(tls=None, users={}, headers={}, rate_limit=None, asks_http2=False)


class _Loaded(Struct, frozen=True):
    """One good reading. ``marks`` tell its files from later ones, ``expires`` is the end of the
    certificate.
    """

    marks: tuple[object, ...]
    config: WebConfig
    access: Access
    context: ssl.SSLContext | None
    expires: datetime | None


class WebAccess:
    """The access of now. Raises UserError when it is made and the file is wrong."""

    def __init__(self, settings: Web) -> None:
        self._settings = settings
        file = settings.config_file
        self._path = None if file is None else Path(file)
        self._loaded = self._load()
        self._seen = self._read = self._loaded.marks
        self._problem = ""
        self.live = LiveAccess(self._loaded.access)
        self.is_good = True
        _tell(self._loaded)

    @property
    def tls(self) -> Tls | None:
        """What the server needs for TLS; None without."""
        if self._loaded.context is None:
            return None
        return Tls(current_context(self._context), self._allowed_sans)

    @property
    def expires(self) -> datetime | None:
        """When the certificate in use ends; None without TLS."""
        return self._loaded.expires

    @property
    def has_file(self) -> bool:
        """Whether there is a web configuration file."""
        return self._path is not None

    async def run(self) -> None:
        """Take over what changes, until cancelled."""
        if self._path is None:
            return
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                loaded = await asyncio.to_thread(self.look_again)
                if loaded is not None:
                    self.use(loaded)
            except Exception:
                self.is_good = False
                log.exception("web configuration: it cannot be read; the one before holds")

    async def watched(self, _: web.Application) -> AsyncIterator[None]:
        """Run while an application does."""
        task = asyncio.create_task(self.run(), name="vigie web configuration")
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    def look_again(self) -> _Loaded | None:
        """Read files that changed and stand still; return what to use from now on, if anything."""
        before, self._seen = self._seen, self._marks(self._loaded.config)
        # What is wrong may be a file that the last good configuration did not name yet.
        is_changed = self._seen != self._read or not self.is_good
        if not is_changed or self._seen != before:
            return None
        self._read = self._seen
        try:
            loaded = self._load()
            if (loaded.context is None) != (self._loaded.context is None):
                raise UserError(
                    f"{self._path}: TLS cannot be switched on or off while vigie runs",
                    "Restart it.",
                )
        except UserError as error:
            self.is_good = False
            if str(error) != self._problem:
                log.error("web configuration: %s The one before holds.", error)
            self._problem = str(error)
            return None
        return loaded

    def use(self, loaded: _Loaded) -> None:
        """Have it hold; on the thread that serves."""
        self.live.change(loaded.access)
        self._loaded = loaded
        self._seen = self._read = loaded.marks
        self.is_good, self._problem = True, ""
        log.info("web configuration: taken over, %d users", len(loaded.config.users))
        _tell(loaded)

    def _context(self) -> ssl.SSLContext:
        assert self._loaded.context is not None
        return self._loaded.context

    def _allowed_sans(self) -> tuple[str, ...]:
        tls = self._loaded.config.tls
        return () if tls is None else tls.client_allowed_sans

    def _load(self) -> _Loaded:
        own = self._marks(_NO_FILE)
        config = _NO_FILE if self._path is None else read_web_config(self._path)
        # Before the certificates are loaded: whatever is newer than its mark is read again.
        marks = (*own, *self._marks(config)[1:])
        settings = self._settings
        for name in settings.users:
            if name not in config.users:
                raise UserError(
                    f"web.users.{name}: {self._path} has no such user",
                    "Add the name with its password to basic_auth_users, or take its role away.",
                )
        for token in settings.tokens:
            if token.name in config.users:
                raise UserError(
                    f"{token.name!r} is the name of a token in web.tokens and of a user in "
                    f"{self._path}",
                    "Give each a name of its own.",
                )
        rate = RateLimit(settings.rate_limit.interval_ms / 1_000, settings.rate_limit.burst)
        access = Access(
            users=config.users,
            roles=settings.users,
            tokens=[Token(*one) for one in tokens_of(settings)],
            headers=config.headers,
            rate_limit=config.rate_limit or rate,
            trusted_proxies=networks(settings.trusted_proxies),
            has_tls=config.tls is not None,
        )
        try:
            context = None if config.tls is None else tls_context(config.tls)
            expires = None if config.tls is None else expiry(config.tls)
        except TlsError as error:  # changed since it was read a moment ago
            raise UserError(str(error), error.fix) from None
        return _Loaded(marks, config, access, context, expires)

    def _marks(self, config: WebConfig) -> tuple[object, ...]:
        """Return what tells the file, and those that it names, from later ones."""
        if self._path is None:
            return ()
        files: tuple[str, ...] = () if config.tls is None else config.tls.files()
        return (_mark(self._path), *(_mark(Path(file)) for file in files))


def _mark(path: Path) -> object:
    try:
        found = path.stat()
    except OSError as error:
        return error.errno
    return found.st_mtime_ns, found.st_size, found.st_ino


def _tell(loaded: _Loaded) -> None:
    if loaded.config.asks_http2:
        log.info("web configuration: http2 is true; vigie speaks HTTP/1.1, as every client does")
    if loaded.expires is None:
        return
    left = loaded.expires - datetime.now(UTC)
    if left < timedelta(0):
        log.error("web configuration: the certificate ended on %s; renew it", loaded.expires)
    elif left < WARNED:
        log.warning("web configuration: the certificate ends on %s; renew it", loaded.expires)
