"""A web configuration file with certificates of the test's own, and a server that reads it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme
import yaml
from aiohttp import ClientSession, TCPConnector

from exporters.http.app import WebServer, build_web_app, serve
from exporters.http.denials import Denials
from exporters.prometheus.collector import KpiCollector
from exporters.prometheus.exposition import expositions
from exporters.prometheus.pipeline import BuildInfo, PipelineCollector, PipelineStats
from tests.bench import receiver
from tests.exporters.little_centre import busy_centre
from tests.exporters.served_access import HASH
from vigie.settings import load_settings
from vigie.web_access import WebAccess
from vigie.web_stats import web_stats

NAMES = ("localhost", "127.0.0.1")
TLS = {"cert_file": "cert.pem", "key_file": "key.pem"}


class WebFolder:
    """A folder with ``web.yml`` and what it names, signed by an authority of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(str(self.ca_file))
        self.path = folder / "web.yml"
        self.issue()

    def issue(self, *names: str, days: float = 90) -> None:
        """Write a new certificate with its key over the old ones."""
        now = datetime.now(UTC)
        issued = self.authority.issue_cert(
            *(names or NAMES),
            not_before=now - timedelta(days=365),
            not_after=now + timedelta(days=days),
        )
        self._put("cert.pem", b"".join(one.bytes() for one in issued.cert_chain_pems))
        self._put("key.pem", issued.private_key_pem.bytes())

    def client(self, name: str) -> tuple[Path, Path]:
        """Write the certificate and the key of a client."""
        issued = self.authority.issue_cert(name)
        files = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        files[0].write_bytes(issued.cert_chain_pems[0].bytes())
        files[1].write_bytes(issued.private_key_pem.bytes())
        return files

    def write(self, **parts: Any) -> None:
        """Write the file, with TLS unless a part says otherwise."""
        whole = {"tls_server_config": TLS, **parts}
        text = yaml.safe_dump({name: part for name, part in whole.items() if part is not None})
        self._put("web.yml", text.encode())

    def users(self, *names: str) -> dict[str, str]:
        """Return users with the password of the tests."""
        return dict.fromkeys(names, HASH.decode())

    def _put(self, name: str, data: bytes) -> None:
        part = self.folder / f"{name}.part"
        part.write_bytes(data)
        part.replace(self.folder / name)

    def context(self, client: tuple[Path, Path] | None = None) -> ssl.SSLContext:
        """Return what a client trusts, and shows."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        if client is not None:
            context.load_cert_chain(*client)
        return context


class Served:
    """A running server and what it knows."""

    def __init__(self, server: WebServer, access: WebAccess, denials: Denials) -> None:
        self.url = server.url.replace("127.0.0.1", "localhost")
        self.port = server.port
        self.access = access
        self.denials = denials

    def client(self, context: ssl.SSLContext | None = None) -> ClientSession:
        """Return a client that makes a connection for each request."""
        ssl_of: Any = True if context is None else context
        return ClientSession(self.url, connector=TCPConnector(ssl=ssl_of, force_close=True))


@asynccontextmanager
async def served(folder: WebFolder, **environ: str) -> AsyncIterator[Served]:
    """Serve as a worker does, with the settings that variables give."""
    given = {f"VIGIE_WEB__{name.upper()}": value for name, value in environ.items()}
    settings = load_settings(None, {"VIGIE_WEB__CONFIG_FILE": str(folder.path), **given})
    access, denials = WebAccess(settings.web), Denials(asyncio.get_running_loop().time)
    centre = busy_centre()

    def stats() -> PipelineStats:
        return PipelineStats(
            partitions=(), build=BuildInfo("1", "3", "0"), web=web_stats(access, denials)
        )

    kpis = KpiCollector(centre.board, lambda: True)
    app = build_web_app(
        centre,
        collector_routes=expositions(kpis, PipelineCollector(stats)),
        access=access.live,
        denials=denials,
    )
    app.cleanup_ctx.append(access.watched)
    server = await serve(app, port=0, tls=access.tls)
    try:
        yield Served(server, access, denials)
    finally:
        await server.close()


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition, long enough for a busy machine."""
    await receiver.until(condition, what, within_s=60.0)
