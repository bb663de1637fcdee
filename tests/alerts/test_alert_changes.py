"""Acting on alerts over HTTP: what it does, who may, and what makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

from tests.alerts.alert_desk import MINUTE_MS, SERVICE, WAIT, TestDesk, busy_desk, queue
from tests.alerts.alert_server import check, client, read

BY = {"by": "Maria"}


async def test_taking_giving_back_and_snoozing_are_written_down_with_who_and_why() -> None:
    """Each answer is the alert as it is then."""
    desk = busy_desk()
    alert_id = desk.id_of(WAIT, queue("Technical support"))
    address = f"/api/alerts/{alert_id}"
    async with client(desk) as asking:
        taken = await (
            await asking.post(f"{address}/acknowledge", json={"by": " Maria ", "why": "mine"})
        ).json()
        check("/api/alerts/{id}/acknowledge", "post", 200, taken)
        assert taken["alert"]["state"] == "acknowledged"
        given = await (await asking.post(f"{address}/release", json={"by": "Paul"})).json()
        check("/api/alerts/{id}/release", "post", 200, given)
        assert given["alert"]["state"] == "firing"
        until_ms = desk.clock_ms + 15 * MINUTE_MS
        body = {"by": "Paul", "until_ms": until_ms}
        snoozed = await (await asking.post(f"{address}/snooze", json=body)).json()
        check("/api/alerts/{id}/snooze", "post", 200, snoozed)
        assert snoozed["alert"]["snoozed"] is True
        assert snoozed["alert"]["snoozed_until_ms"] == until_ms
    assert [(one.what, one.by, one.why) for one in desk.asked] == [
        ("acknowledge", "Maria", "mine"),
        ("release", "Paul", ""),
        ("snooze", "Paul", ""),
    ]
    assert len({bytes.fromhex(one.id) for one in desk.asked}) == 3
    assert {len(one.id) for one in desk.asked} == {32}


async def test_a_silence_is_made_listed_and_ended() -> None:
    """It says how many alerts it means; those are marked and wait for nobody."""
    desk = busy_desk()
    async with client(desk) as asking:
        body = {"by": "Maria", "why": "fire drill", "for_ms": 3_600_000, "queue": "Tech*"}
        answer = await asking.post("/api/silences", json=body)
        made = await answer.json()
        assert answer.status == 201
        check("/api/silences", "post", 201, made)
        silence = made["silence"]
        assert (silence["state"], silence["matched"], silence["name"]) == ("active", 1, "Tech*")
        alerts = await read(asking, "/api/alerts")
        assert [one["labels"]["queue"] for one in alerts["alerts"] if one["silenced"]] == [
            "Technical support"
        ]
        assert alerts["counts"]["unacknowledged"]["critical"] == 1
        address = f"/api/silences/{silence['id']}?by=Paul"
        ended = await (await asking.delete(address)).json()
        check("/api/silences/{id}", "delete", 200, ended)
        listed = await read(asking, "/api/silences")
        check("/api/silences", "get", 200, listed)
        assert [one["state"] for one in listed["silences"]] == ["ended"]
        again = await asking.delete(address)
        assert again.status == 409
        check("/api/silences/{id}", "delete", 409, await again.json())


async def test_a_change_that_cannot_be_done_is_refused_with_its_reason() -> None:
    """409 with the words of whoever refused."""
    desk = busy_desk()
    over = desk.id_of(SERVICE, queue("Fraud line"))
    async with client(desk) as asking:
        answer = await asking.post(f"/api/alerts/{over}/acknowledge", json=BY)
        said = await answer.json()
    assert answer.status == 409
    check("/api/alerts/{id}/acknowledge", "post", 409, said)
    assert said["error"] == "the alert is over already"


async def test_a_change_that_takes_too_long_may_be_tried_again() -> None:
    """503 with when."""
    desk = busy_desk()
    desk.is_late = True
    alert_id = desk.id_of(WAIT, queue("Sales"))
    async with client(desk) as asking:
        answer = await asking.post(f"/api/alerts/{alert_id}/acknowledge", json=BY)
        said = await answer.json()
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "2"
    check("/api/alerts/{id}/acknowledge", "post", 503, said)


SNOOZE = {"by": "Maria", "for_ms": MINUTE_MS}
SILENCE = {"by": "Maria", "why": "drill", "for_ms": MINUTE_MS, "queue": "Sales"}


@pytest.mark.parametrize(
    ("what", "body", "error"),
    [
        ("acknowledge", {}, "nobody is named"),
        ("acknowledge", {"by": " "}, "nobody is named"),
        ("acknowledge", {"by": "x" * 65}, "nobody is named"),
        ("acknowledge", {"by": "Maria\u202e"}, "nobody is named"),
        ("acknowledge", {"by": "a\nb"}, "nobody is named"),
        ("acknowledge", {"by": "Maria", "why": "x" * 201}, "the reason is not readable"),
        ("acknowledge", {"by": "Maria", "force": True}, "the body is not understood: Object c"),
        ("release", [], "the body is not understood"),
        ("snooze", BY, "no end is given"),
        ("snooze", {**SNOOZE, "until_ms": 5}, "no end is given"),
        ("snooze", {**SNOOZE, "for_ms": 59_999}, "no alert is snoozed for so long"),
        ("snooze", {**SNOOZE, "for_ms": 86_400_001}, "no alert is snoozed for so long"),
        ("silence", {**SILENCE, "queue": ""}, "the silence would match everything"),
        ("silence", {**SILENCE, "name": "x"}, "queue and name are the same"),
        ("silence", {**SILENCE, "for_ms": 0}, "a silence cannot last so long"),
        ("silence", {**SILENCE, "for_ms": 30 * 86_400_000 + 1}, "a silence cannot last so long"),
        ("silence", {**SILENCE, "start_ms": 1}, "a silence cannot last so long"),
        ("silence", {**SILENCE, "start_ms": 10**17}, "it begins in over a year"),
        ("silence", {**SILENCE, "rule": "x" * 129}, "rule is not readable"),
    ],
)
async def test_a_body_that_makes_no_sense_changes_nothing(what: str, body: Any, error: str) -> None:
    """400, with what is wrong and what to send."""
    desk = busy_desk()
    alert_id = desk.id_of(WAIT, queue("Sales"))
    path = "/api/silences" if what == "silence" else "/api/alerts/{id}/" + what
    async with client(desk) as asking:
        answer = await asking.post(path.replace("{id}", alert_id), json=body)
        said = await answer.json()
    assert (answer.status, said["error"][: len(error)]) == (400, error)
    check(path, "post", 400, said)
    assert desk.asked == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://{host}"}, 200),
        ({"Origin": "https://vigie.example"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_another_web_site_cannot_act_for_a_visitor(
    headers: dict[str, str], status: int
) -> None:
    """Only JSON, and only from here or from no web page at all."""
    desk = busy_desk()
    alert_id = desk.id_of(WAIT, queue("Sales"))
    async with client(desk) as asking:
        host = str(asking._base_url).split("/")[2]
        given = {name: value.format(host=host) for name, value in headers.items()}
        answer = await asking.post(
            f"/api/alerts/{alert_id}/acknowledge",
            data=b'{"by": "Maria"}',
            headers={"Content-Type": "application/json", **given},
        )
        assert answer.status == status, await answer.text()
        check("/api/alerts/{id}/acknowledge", "post", status, await answer.json())
        ended = await asking.delete("/api/silences/x?by=Maria", headers=given)
    assert len(desk.asked) == (1 if status == 200 else 0)
    assert ended.status == (403 if status == 403 else 404)


async def test_a_long_body_is_refused() -> None:
    """More than 1 KiB is no such body."""
    desk = busy_desk()
    alert_id = desk.id_of(WAIT, queue("Sales"))
    async with client(desk) as asking:
        answer = await asking.post(
            f"/api/alerts/{alert_id}/acknowledge", json={"by": "Maria", "why": "x" * 2_000}
        )
        said = await answer.json()
    assert answer.status == 413
    check("/api/alerts/{id}/acknowledge", "post", 413, said)


async def test_the_token_guards_every_address_of_the_api() -> None:
    """Also what changes something."""
    desk = busy_desk()
    alert_id = desk.id_of(WAIT, queue("Sales"))
    async with client(desk, token="secret") as asking:
        read_answer = await asking.get("/api/alerts")
        changed = await asking.post(f"/api/alerts/{alert_id}/acknowledge", json=BY)
        ended = await asking.delete("/api/silences/x?by=Maria")
        assert (read_answer.status, changed.status, ended.status) == (401, 401, 401)
        check("/api/alerts/{id}/acknowledge", "post", 401, await changed.json())
    assert desk.asked == []


@pytest.mark.parametrize(
    ("path", "address", "status"),
    [
        ("/api/alerts", "/api/alerts?state=x", 400),
        ("/api/alerts", "/api/alerts?severity=x", 400),
        ("/api/alerts", "/api/alerts?limit=1001", 400),
        ("/api/alerts", "/api/alerts?limit=-1", 400),
        ("/api/alerts", "/api/alerts?since_ms=x", 400),
        ("/api/alerts/figures", "/api/alerts/figures?window=x", 400),
        ("/api/alerts/{id}", "/api/alerts/x", 404),
    ],
)
async def test_a_question_that_makes_no_sense_is_told_what_would(
    path: str, address: str, status: int
) -> None:
    """400 or 404, with a fix."""
    async with client(busy_desk()) as asking:
        answer = await asking.get(address)
        said = await answer.json()
    assert answer.status == status
    check(path, "get", status, said)


async def test_a_wrong_method_is_told_the_right_one() -> None:
    """405, also where only POST works."""
    async with client(TestDesk()) as asking:
        answer = await asking.get("/api/alerts/x/acknowledge")
        said = await answer.json()
        silences = await (await asking.put("/api/silences")).json()
    assert (answer.status, said["fix"]) == (405, "use POST here")
    assert silences["fix"] == "use GET or POST here"
