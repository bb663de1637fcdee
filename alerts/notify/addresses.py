"""Which IP addresses may be called: the open internet; inside only for hosts of the settings."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

_METADATA = {
    ip_address(address)
    for address in (
        "169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192",
        "fd00:ec2::254", "fd20:ce::254",
    )
}  # fmt: skip
# What Python's is_global lets pass although it leads, or may lead, to somewhere else.
_SPECIAL = tuple(
    ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20", "5f00::/16")
)
_INSIDE = tuple(
    ip_network(network)
    for network in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10",
        "::1/128", "fc00::/7",
    )
)  # fmt: skip
_GLOBAL_IPV6 = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the open internet, also where it wraps another one."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_IPV6:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and address not in _METADATA
        and not any(address in network for network in _SPECIAL)
    )


def is_allowed(address: Address, *, is_named: bool) -> bool:
    """Tell whether an address may be called; ``is_named``: the settings name its host.

    A named one may be private or this machine. Metadata services, link-local, multicast and
    unspecified addresses never: no target is there.
    """
    if is_public(address):
        return True
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if inner is not None:
        return is_allowed(inner, is_named=is_named)
    return is_named and address not in _METADATA and any(address in network for network in _INSIDE)
