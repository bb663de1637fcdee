"""A name server as the containers have one: it tells the addresses of a service's replicas."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Sequence

TTL_S = 1
_ANSWERED, _UNKNOWN = 0x8180, 0x8183
_A, _IN = 1, 1


class NameServer:
    """Answers questions for IPv4 addresses over UDP on loopback; ``names`` may change."""

    def __init__(self) -> None:
        self.names: dict[str, Sequence[str]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._socket.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            question, client = self._socket.recvfrom(4096)
            if not question:
                return
            self._socket.sendto(self._answer(question), client)

    def _answer(self, question: bytes) -> bytes:
        labels, at = [], 12
        while size := question[at]:
            labels.append(question[at + 1 : at + 1 + size].decode())
            at += 1 + size
        end = at + 5
        (kind,) = struct.unpack_from("!H", question, at + 1)
        known = self.names.get(".".join(labels).lower(), ())
        found = known if kind == _A else ()
        head = question[:2] + struct.pack(
            "!5H", _ANSWERED if known else _UNKNOWN, 1, len(found), 0, 0
        )
        records = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", _A, _IN, TTL_S, 4) + socket.inet_aton(address)
            for address in found
        )
        return head + question[12:end] + records
