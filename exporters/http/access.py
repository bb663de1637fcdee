"""Who may reach vigie, as it is configured now; a change holds from the next request on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from exporters.http.client_address import Network
from exporters.http.credentials import Token, principals_of
from exporters.http.rate_limit import RateLimit
from exporters.http.roles import Principal, Role


class Access(Struct, frozen=True, kw_only=True):
    """Credentials, limits and headers.

    ``users`` are names with their bcrypt hashes, ``roles`` what they may do (viewer without an
    entry). ``headers`` are sent with every answer beside vigie's own. Without users and tokens
    nobody has to say who they are.
    """

    users: Mapping[str, bytes] = {}
    roles: Mapping[str, Role] = {}
    tokens: Sequence[Token] = ()
    headers: Mapping[str, str] = {}
    rate_limit: RateLimit | None = None
    trusted_proxies: Sequence[Network] = ()
    has_tls: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody has to say who they are."""
        return not self.users and not self.tokens

    def user(self, name: str) -> Principal:
        """Return who logged in with a password. Raises KeyError for an unknown name."""
        return Principal(name, self.roles.get(name, "viewer"), self.users[name])


class LiveAccess:
    """The access of now. Raises ValueError for tokens that cannot be kept."""

    def __init__(self, access: Access) -> None:
        self._holders: dict[bytes, Principal] = principals_of(access.tokens)
        self._now = access
        self.on_change: list[Callable[[], None]] = []

    @property
    def now(self) -> Access:
        """What holds now."""
        return self._now

    def change(self, access: Access) -> None:
        """Have another access hold from now on. Raises ValueError as the constructor does."""
        self._holders = principals_of(access.tokens)
        self._now = access
        for tell in self.on_change:
            tell()

    def holder(self, token_digest: bytes) -> Principal | None:
        """Return who has the token of this digest."""
        return self._holders.get(token_digest)

    def still(self, principal: Principal) -> bool:
        """Return whether somebody would be let in today as they were then."""
        if not principal.proof:
            return self._now.is_open
        if principal.name is not None and principal.name in self._now.users:
            return self._now.user(principal.name) == principal
        return self._holders.get(principal.proof) == principal
