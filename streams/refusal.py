"""What a broker refuses for good, as one line that names the right that is missing."""

from __future__ import annotations

from aiokafka.errors import (
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

from streams.settings import StreamError, StreamSettings


def missing_right(error: BaseException | None, settings: StreamSettings) -> StreamError | None:
    """Return what an access rule of the broker keeps us from, None if it was something else."""
    if isinstance(error, GroupAuthorizationFailedError):
        what = f"Kafka refuses the group {settings.app_id!r}: allow our user to Read it"
    elif isinstance(error, TopicAuthorizationFailedError):
        named = error.args[0] if error.args else ()
        topics = {named} if isinstance(named, str) else set(named)
        which = ", ".join(sorted(str(topic) for topic in topics)) or "one of our topics"
        what = f"Kafka refuses {which}: allow our user to Read or Write there"
    elif isinstance(error, TransactionalIdAuthorizationFailed):
        which = str(error.args[0]) if error.args else settings.alerts_transactional_id
        what = f"Kafka refuses the transactional id {which!r}: allow our user to Write with it"
    else:
        return None
    return StreamError(f"{what} (the whole list is in docs/security.md)")
