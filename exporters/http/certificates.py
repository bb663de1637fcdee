"""Until when a certificate holds, read from its DER form (X.509, RFC 5280 section 4.1)."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

_UTC_TIME, _SEQUENCE, _VERSION = 0x17, 0x30, 0xA0
_BEGIN = "-----BEGIN CERTIFICATE-----"
_END = "-----END CERTIFICATE-----"


def validity(pem: str) -> tuple[datetime, datetime]:
    """Return from when and until when the first certificate of a PEM text holds.

    Raises ValueError when there is none, or it is broken.
    """
    begin, end = pem.find(_BEGIN), pem.find(_END)
    if begin < 0 or end < begin:
        raise ValueError("it holds no certificate in PEM form")
    try:
        der = ssl.PEM_cert_to_DER_cert(pem[begin : end + len(_END)])
        signed = _contents(_contents(der, _SEQUENCE)[0], _SEQUENCE)[0]
        rest = signed
        if rest[0] == _VERSION:
            rest = _contents(rest)[1]
        for _ in range(3):  # serial number, algorithm, issuer
            rest = _contents(rest)[1]
        dates = _contents(rest, _SEQUENCE)[0]
        first, second = dates[0], _contents(dates)[1]
        return _time(first, _contents(dates)[0]), _time(second[0], _contents(second)[0])
    except (IndexError, ValueError):
        raise ValueError("its certificate is broken") from None


def _contents(data: bytes, tag: int | None = None) -> tuple[bytes, bytes]:
    """Return what the first element holds, and what follows it."""
    if tag is not None and data[0] != tag:
        raise ValueError("another element")
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    if start + length > len(data):
        raise ValueError("cut")
    return data[start : start + length], data[start + length :]


def _time(tag: int, text: bytes) -> datetime:
    form = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC)
