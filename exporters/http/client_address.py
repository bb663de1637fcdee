"""From where a request comes: the other end of the connection, or what a trusted proxy says."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network
UNKNOWN = "unknown"
_MOST_HOPS = 20


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return addresses and networks in CIDR notation; raises ValueError for anything else."""
    return tuple(ip_network(text) for text in texts)


def client_address(peer: str | None, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the address that a client is counted under.

    ``forwarded`` are the values of X-Forwarded-For. They count only when the ``peer`` is trusted,
    and from the right: each proxy adds whom it saw, and what stands further left anybody can
    write. IPv6 clients are counted by their /64, which one line has for itself.
    """
    address = _address(peer or "")
    if address is None:
        return UNKNOWN
    hops = [hop.strip() for value in forwarded for hop in value.split(",")][-_MOST_HOPS:]
    while hops and _is_trusted(address, trusted):
        before = _address(hops.pop())
        if before is None:
            break
        address = before
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_trusted(address: IPv4Address | IPv6Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
