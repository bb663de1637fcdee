"""Certificates of the test's own: an authority, a server on loopback, and clients by name."""

from __future__ import annotations

from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class Authority:
    """An authority and what it has signed, as PEM files in one folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._authority = trustme.CA(organization_name="vigie tests")
        self.certificate = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.certificate))

    def server(self, *names: str) -> Path:
        """A file with the key and the certificate of a server with these names."""
        both = self._folder / f"{names[0]}-server.pem"
        issued = self._authority.issue_cert(*names)
        key = _pkcs8(issued.private_key_pem.bytes())
        both.write_bytes(key + b"".join(one.bytes() for one in issued.cert_chain_pems))
        return both

    def client(self, name: str) -> tuple[Path, Path]:
        """The files of the certificate and the key of a client."""
        certificate, key = (self._folder / f"{name}.{end}" for end in ("crt", "key"))
        issued = self._authority.issue_cert(f"{name}.clients.test", common_name=name)
        certificate.write_bytes(b"".join(one.bytes() for one in issued.cert_chain_pems))
        key.write_bytes(_pkcs8(issued.private_key_pem.bytes()))
        return certificate, key


def _pkcs8(pem: bytes) -> bytes:
    """The same key in the only form that Java reads."""
    key = load_pem_private_key(pem, None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
