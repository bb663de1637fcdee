"""Mail, chats, SMS, pagers and some hundred others, through Apprise.

Apprise blocks, so each try has a thread of its own. One that hangs is left behind, and until it
ends nothing more is tried: at most one thread hangs for a target.

The host of a URL is checked like that of a webhook, as far as a URL names one: Apprise looks it up
again when it calls, so this keeps out mistakes, not somebody who owns the name server. Redirects
are not followed.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Collection

import apprise
from apprise import AppriseAsset, NotifyFormat, NotifyType
from apprise.plugins import NotifyBase

from alerts.message import Message
from alerts.notify import Undelivered, own_thread
from alerts.notify.guard import ForbiddenError, Guard
from alerts.plan import AppriseTarget

SEND_S = 30.0


class AppriseSender:
    """Hands messages to one Apprise URL, which is a secret and is never shown."""

    def __init__(
        self, target: AppriseTarget, hosts: Collection[str], *, send_s: float = SEND_S
    ) -> None:
        """``hosts``: see :attr:`alerts.plan.Plan.hosts`."""
        _silence()
        self._url = target.url
        self._guard = Guard(hosts)
        self._send_s = send_s
        self._hanging: threading.Thread | None = None

    async def send(self, message: Message) -> None:
        """See :class:`alerts.notify.Sender`."""
        if self._hanging is not None and self._hanging.is_alive():
            raise Undelivered("timeout", is_final=False)
        done = asyncio.get_running_loop().create_future()
        self._hanging = own_thread.start(lambda: self._notify(message), done, name="vigie-apprise")
        try:
            async with asyncio.timeout(self._send_s):
                await done
        except TimeoutError:
            raise Undelivered("timeout", is_final=False) from None
        except Undelivered:
            raise
        except Exception:  # noqa: BLE001 - a hundred services fail in a hundred ways
            raise Undelivered("error", is_final=False) from None

    def _notify(self, message: Message) -> None:
        service = _service(self._url)
        try:
            for host in _hosts(service):
                self._guard.check_host(host)
        except ForbiddenError:
            raise Undelivered("forbidden", is_final=True) from None
        except OSError:
            raise Undelivered("refused", is_final=False) from None
        everything = apprise.Apprise(asset=service.asset)
        everything.add(service)
        is_taken = everything.notify(
            title=message.title,
            body=message.text,
            notify_type=_type(message),
            body_format=NotifyFormat.TEXT,
        )
        if not is_taken:
            raise Undelivered("rejected", is_final=False)


def _silence() -> None:
    """Apprise and what it calls with tell of URLs in their logs, and those hold secrets."""
    for name in ("apprise", "urllib3"):
        log = logging.getLogger(name)
        log.setLevel(logging.CRITICAL + 1)
        log.propagate = False


def _service(url: str) -> NotifyBase:
    asset = AppriseAsset(
        app_id="vigie",
        app_desc="vigie",
        app_url="",
        async_mode=False,
        http_redirects=False,
        service_timeout=0,  # the time is ours to keep; Apprise would share threads for it
    )
    service = apprise.Apprise.instantiate(url, asset=asset)
    if service is None:
        raise Undelivered("invalid", is_final=True)
    return service


def _hosts(service: NotifyBase) -> set[str]:
    """Return the hosts that a URL names. Where it names none, "host" holds a token or a user."""
    templates: tuple[str, ...] = service.templates
    if not any("{host}" in template for template in templates):
        return set()
    called = getattr(service, "smtp_host", "") or getattr(service, "host", "")
    return {called} if called else set()


def _type(message: Message) -> NotifyType:
    if message.what == "resolved":
        return NotifyType.SUCCESS
    return NotifyType.FAILURE if message.severity == "critical" else NotifyType.WARNING
