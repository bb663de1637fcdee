"""A Redis that takes one user only, over TLS and with a certificate of the test's authority."""

from __future__ import annotations

import hashlib
import socket
import ssl
from pathlib import Path

from tests.bench.certificates import Authority
from tests.bench.redis import RedisServer


class SecureRedis(RedisServer):
    """One redis-server process; ``rules`` are what its only user may, as Redis writes them."""

    def __init__(
        self, directory: Path, authority: Authority, user: str, password: str, rules: str
    ) -> None:
        super().__init__(directory)
        server = str(authority.server("127.0.0.1"))
        self.certificate, self.key = authority.client("worker")
        directory.mkdir(parents=True, exist_ok=True)
        acl = directory / "users.acl"
        digest = hashlib.sha256(password.encode()).hexdigest()
        acl.write_text(f"user default off\nuser {user} on #{digest} {rules}\n")
        self.process.command += [
            *("--tls-port", str(self.port), "--port", "0", "--aclfile", str(acl)),
            *("--tls-cert-file", server, "--tls-key-file", server),
            *("--tls-ca-cert-file", str(authority.certificate), "--tls-auth-clients", "yes"),
        ]
        self._tls = ssl.create_default_context(cafile=str(authority.certificate))
        self._tls.load_cert_chain(self.certificate, self.key)

    @property
    def url(self) -> str:
        """What a client connects to."""
        return f"rediss://127.0.0.1:{self.port}/0"

    def _answers(self) -> bool:
        try:
            with (
                socket.create_connection(("127.0.0.1", self.port), timeout=1.0) as link,
                self._tls.wrap_socket(link, server_hostname="127.0.0.1") as safe,
            ):
                safe.sendall(b"PING\r\n")
                return safe.recv(7) == b"-NOAUTH"
        except OSError:
            return False
