"""Apache Kafka that asks who comes: TLS, SCRAM or a client's certificate, and access rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from tests.bench.certificates import Authority
from tests.bench.kafka import ANSWER_TIMEOUT_S, Kafka
from tests.bench.process import free_port


class SecureKafka(Kafka):
    """A broker whose clients must prove who they are; only the test itself, in clear, need not.

    ``sasl_servers`` takes users with their passwords, over TLS; ``tls_servers`` takes clients
    with certificates of the authority. What nobody was allowed is refused.
    """

    def __init__(self, directory: Path, authority: Authority, users: Mapping[str, str]) -> None:
        super().__init__(directory)
        self._sasl_port, self._tls_port = free_port(), free_port()
        self._certificate = authority.server("127.0.0.1")
        self._authority = authority
        self._users = users
        self.format_options = [
            option
            for name, password in users.items()
            for option in ("-S", f"SCRAM-SHA-512=[name={name},password={password}]")
        ]

    @property
    def sasl_servers(self) -> str:
        """Where a user with a password connects, over TLS."""
        return f"127.0.0.1:{self._sasl_port}"

    @property
    def tls_servers(self) -> str:
        """Where a client with a certificate connects."""
        return f"127.0.0.1:{self._tls_port}"

    def allow(
        self,
        principal: str,
        kind: ResourceType,
        name: str,
        *operations: AclOperation,
        pattern: ResourcePatternType = ResourcePatternType.LITERAL,
    ) -> None:
        """Allows somebody, such as `User:vigie`, operations on what is so named."""
        rules = [
            AclBinding(kind, name, pattern, principal, "*", operation, AclPermissionType.ALLOW)
            for operation in operations
        ]
        admin = self._admin()  # given up before its answers are there, it would drop them
        for created in admin.create_acls(rules).values():
            created.result(ANSWER_TIMEOUT_S)

    def settings(self) -> dict[str, object]:
        """Those of the plain broker, two more listeners, and access rules."""
        found = super().settings()
        sasl, tls = self.sasl_servers, self.tls_servers
        return {
            **found,
            "listeners": f"{found['listeners']},USERS://{sasl},CERTIFIED://{tls}",
            "advertised.listeners": (
                f"{found['advertised.listeners']},USERS://{sasl},CERTIFIED://{tls}"
            ),
            "listener.security.protocol.map": (
                f"{found['listener.security.protocol.map']},USERS:SASL_SSL,CERTIFIED:SSL"
            ),
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.users.scram-sha-512.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self._certificate,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self._authority.certificate,
            "listener.name.certified.ssl.client.auth": "required",
            # A client is known by the name in its certificate, as a user by his.
            "ssl.principal.mapping.rules": "RULE:^.*CN=([^,]+).*$/$1/,DEFAULT",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }
