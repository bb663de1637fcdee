"""Who may act on alerts, and under which name it is written down."""

from __future__ import annotations

from typing import Any

import pytest

from exporters.http.access import Access, LiveAccess
from exporters.http.app import WebOptions
from exporters.http.credentials import Token
from tests.alerts.alert_desk import WAIT, TestDesk, busy_desk, queue
from tests.alerts.alert_server import app_with, check
from tests.alerts.test_ack_page import link
from tests.exporters.served import client_of
from tests.exporters.served_access import TOKENS, bearer, login, tokens, with_users

SILENCE = {"why": "lunch", "for_ms": 600_000}


def app_for(desk: TestDesk, access: LiveAccess) -> Any:
    return app_with(desk, WebOptions(), access=access)


async def test_what_somebody_does_is_written_down_under_the_name_they_logged_in_with() -> None:
    """Whatever the change; nobody can put another's name there."""
    desk = busy_desk()
    alert = f"/api/alerts/{desk.id_of(WAIT, queue('Sales'))}"
    async with client_of(app_for(desk, with_users(tokens=tokens("supervisor")))) as asking:
        anna, token = login("anna"), bearer(TOKENS["supervisor"])
        taken = await asking.post(f"{alert}/acknowledge", json={}, headers=anna)
        forged = await asking.post(f"{alert}/release", json={"by": "bob"}, headers=anna)
        check("/api/alerts/{id}/acknowledge", "post", 200, await taken.json())
        check("/api/alerts/{id}/release", "post", 403, await forged.json())
        released = await asking.post(f"{alert}/release", json={"by": "anna"}, headers=anna)
        snoozed = await asking.post(f"{alert}/snooze", json={"for_ms": 60_000}, headers=token)
        made = await asking.post("/api/silences", json={**SILENCE, "queue": "x"}, headers=anna)
        silence = (await made.json())["silence"]["id"]
        ended = await asking.delete(f"/api/silences/{silence}", headers=token)
        bobs = await asking.delete(f"/api/silences/{silence}?by=bob", headers=anna)
    statuses = [one.status for one in (taken, forged, released, snoozed, made, ended, bobs)]
    assert statuses == [200, 403, 200, 200, 201, 200, 403]
    assert [(one.what, one.by) for one in desk.asked] == [
        ("acknowledge", "anna"), ("release", "anna"), ("snooze", "the supervisor"),
        ("silence", "anna"), ("end_silence", "the supervisor"),
    ]  # fmt: skip


async def test_a_viewer_reads_alerts_and_changes_none() -> None:
    """403, with the role that it takes."""
    desk = busy_desk()
    alert = f"/api/alerts/{desk.id_of(WAIT, queue('Sales'))}"
    async with client_of(app_for(desk, with_users())) as asking:
        vera = login("vera")
        assert (await asking.get(alert, headers=vera)).status == 200
        assert (await asking.get("/api/silences", headers=vera)).status == 200
        for what in ("acknowledge", "release", "snooze"):
            answer = await asking.post(f"{alert}/{what}", json={"for_ms": 60_000}, headers=vera)
            said = await answer.json()
            assert (answer.status, "takes the role supervisor" in said["error"]) == (403, True)
            check(f"/api/alerts/{{id}}/{what}", "post", 403, said)
        made = await asking.post("/api/silences", json={**SILENCE, "rule": "*"}, headers=vera)
        ended = await asking.delete("/api/silences/x", headers=vera)
        assert (made.status, ended.status) == (403, 403)
    assert desk.asked == []


@pytest.mark.parametrize(
    ("pattern", "anna"),
    [
        ({"queue": "Sales"}, 201),
        ({"name": "S*"}, 201),
        ({"rule": "wait"}, 201),
        ({"rule": "*"}, 403),
        ({"queue": "**"}, 403),
        ({"rule": "*", "queue": "?*"}, 403),
        ({"severity": "warning"}, 403),
        ({"channel": "voice", "rule": "*"}, 403),
        ({"channel": "voice", "queue": "Sales"}, 201),
    ],
)
async def test_silencing_everything_takes_an_admin(pattern: dict[str, str], anna: int) -> None:
    """A supervisor names a rule or a queue; an admin, and whoever asks an open vigie, need not."""
    body = {**SILENCE, **pattern}
    async with client_of(app_for(busy_desk(), with_users())) as asking:
        annas = await asking.post("/api/silences", json=body, headers=login("anna"))
        roots = await asking.post("/api/silences", json=body, headers=login("root"))
        said = await annas.json()
    async with client_of(app_for(busy_desk(), LiveAccess(Access()))) as asking:
        anybodys = await asking.post("/api/silences", json={**body, "by": "Maria"})
        await anybodys.read()
    assert (annas.status, roots.status, anybodys.status) == (anna, 201, 201), said
    if anna == 403:
        assert said["error"].endswith("neither rule nor queue takes the role admin")


async def test_a_token_that_many_share_says_who_acts_each_time() -> None:
    """As before there were names: `web.token` has none."""
    desk = busy_desk()
    alert = f"/api/alerts/{desk.id_of(WAIT, queue('Sales'))}"
    access = LiveAccess(Access(tokens=[Token(None, "shared by many", "admin")]))
    async with client_of(app_for(desk, access)) as asking:
        shared = bearer("shared by many")
        nobody = await asking.post(f"{alert}/acknowledge", json={}, headers=shared)
        maria = await asking.post(f"{alert}/acknowledge", json={"by": "Maria"}, headers=shared)
        said = await nobody.json()
        await maria.read()
    assert (nobody.status, said["error"], maria.status) == (400, "nobody is named", 200)
    assert [one.by for one in desk.asked] == ["Maria"]


async def test_a_signed_link_needs_no_login_and_a_login_keeps_its_name_there() -> None:
    """Also where everything else asks for a password."""
    desk = busy_desk()
    async with client_of(app_for(desk, with_users())) as asking:
        sales, support = link(desk), link(desk, "Technical support")
        assert (await asking.get(sales)).status == 200
        assert (await asking.get(sales.partition("?")[0])).status == 403
        forged = await asking.post(sales, json={"by": "bob"}, headers=login("anna"))
        stranger = await asking.post(sales, json={"by": "bob"})
        anna = await asking.post(support, json={}, headers=login("anna"))
        assert (forged.status, stranger.status, anna.status) == (403, 200, 200)
    assert [one.by for one in desk.asked] == ["bob", "anna"]
