"""The page of a signed link: who may open it, what it says, and that looking changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, expect, sync_playwright

from alerts.ack_words import WORDS, language_of
from alerts.alert import Key
from alerts.links import acknowledge_url
from exporters.http.app import WebOptions
from tests.alerts.alert_desk import (
    MINUTE_MS,
    NOON_MS,
    PLAN,
    SERVICE,
    WAIT,
    TestDesk,
    busy_desk,
    queue,
)
from tests.alerts.alert_server import app_with, check, client
from tests.bench.browser import CHROMIUM, flags, require_chromium
from tests.exporters.served import ServedInThread

HOUR_MS = 60 * MINUTE_MS
FRENCH = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.8"}


def link(desk: TestDesk, name: str = "Sales", valid_ms: int = HOUR_MS) -> str:
    """Return path and query of the link that a message about a queue has."""
    alert_id = desk.id_of(WAIT, queue(name))
    address = urlsplit(acknowledge_url(desk.plan, alert_id, desk.clock_ms + valid_ms))
    return f"{address.path}?{address.query}"


async def test_the_page_says_what_the_alert_is_in_the_language_of_the_reader() -> None:
    """Severity in shape and word, name, row, value against threshold, what to do."""
    desk = busy_desk()
    async with client(desk) as asking:
        english = await asking.get(link(desk))
        text = await english.text()
        french = await (await asking.get(link(desk), headers=FRENCH)).text()
    assert english.status == 200
    assert english.headers["Content-Type"] == "text/html; charset=utf-8"
    assert english.headers["Cache-Control"] == "no-store"
    assert english.headers["Referrer-Policy"] == "no-referrer"
    for part in (
        '<html lang="en">', "▲ critical", "<h1>Longest wait</h1>", "Sales (voice)",
        "75 s (above 60 s)", "Bring agents to this queue.", "I take it", "others were told",
    ):  # fmt: skip
        assert part in text
    for part in ('<html lang="fr">', "▲ critique", "Plus longue attente", "Je m’en charge"):
        assert part in french


async def test_looking_changes_nothing_and_the_button_does() -> None:
    """Scanners of mail open every link, with GET and with HEAD."""
    desk = busy_desk()
    address = link(desk)
    async with client(desk) as asking:
        await asking.get(address)
        await asking.head(address)
        assert desk.asked == []
        answer = await asking.post(address, json={"by": "Maria", "why": "on my way"})
        said = await answer.json()
        assert answer.status == 200
        check("/alerts/{id}", "post", 200, said)
        assert said["acknowledged_by"] == "Maria"
        after = await (await asking.get(address)).text()
    (action,) = desk.asked
    assert (action.what, action.by, action.why) == ("acknowledge", "Maria", "on my way")
    assert "taken by Maria" in after
    assert "<form" not in after


async def test_the_signature_stands_for_the_token_and_for_nothing_else() -> None:
    """With a token on the API the page works without it; the API does not."""
    desk = busy_desk()
    async with client(desk, token="secret") as asking:
        assert (await asking.get(link(desk))).status == 200
        assert (await asking.post(link(desk), json={"by": "Maria"})).status == 200
        assert (await asking.get("/api/alerts")).status == 401


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda url: url.partition("?")[0], "unsigned"),
        (lambda url: url[:-1], "unsigned"),
        (lambda url: url + "é", "unsigned"),
        (lambda url: url.replace("expires=1", "expires=2"), "unsigned"),
        (lambda url: url.replace("expires=1", "expires=-1"), "unsigned"),
        (lambda url: url.replace("/alerts/", "/alerts/0"), "unsigned"),
    ],
    ids=["nothing", "cut", "foreign", "later", "negative", "another alert"],
)
async def test_a_link_that_was_changed_opens_nothing(change: object, said: str) -> None:
    """403 with an explanation, for looking and for taking; nothing of the alert is told."""
    assert callable(change)
    desk = busy_desk()
    address = change(link(desk))
    async with client(desk) as asking:
        looked = await asking.get(address)
        text = await looked.text()
        taken = await asking.post(address, json={"by": "Maria"})
        check("/alerts/{id}", "post", 403, await taken.json())
    assert (looked.status, taken.status) == (403, 403)
    assert WORDS["en"][said] in text
    assert "Sales" not in text
    assert desk.asked == []


async def test_a_link_works_until_it_expires() -> None:
    """Then 403, and the page says that it is too old."""
    desk = busy_desk()
    address = link(desk, valid_ms=1_000)
    async with client(desk) as asking:
        assert (await asking.get(address)).status == 200
        desk.clock_ms += 1_000
        looked = await asking.get(address, headers=FRENCH)
        assert looked.status == 403
        assert "trop ancien" in await looked.text()
        assert (await asking.post(address, json={"by": "Maria"})).status == 403
    assert desk.asked == []


async def test_without_a_secret_no_link_is_good() -> None:
    """Else anybody could sign with nothing."""
    desk = busy_desk()
    address = link(desk)
    desk.plan = replace(PLAN, link_secret=b"")
    async with client(desk) as asking:
        assert (await asking.get(address)).status == 403
        assert (await asking.post(address, json={"by": "Maria"})).status == 403


async def test_an_alert_that_is_over_or_forgotten_says_so() -> None:
    """Over: shown without a button, refused with 409. Forgotten: 404."""
    desk = busy_desk()
    address = link(desk)
    desk.clear(WAIT, queue("Sales"))
    desk.last(61)
    async with client(desk) as asking:
        page = await (await asking.get(address)).text()
        assert "<dd>over</dd>" in page
        assert "<form" not in page
        refused = await asking.post(address, json={"by": "Maria"})
        check("/alerts/{id}", "post", 409, await refused.json())
        assert refused.status == 409
        desk.book.apply({f"alert:{desk.id_of(WAIT, queue('Sales'))}": None})
        assert (await asking.get(address)).status == 404
        gone = await asking.post(address, json={"by": "Maria"})
        check("/alerts/{id}", "post", 404, await gone.json())


async def test_taking_needs_a_name_and_a_page_of_ours() -> None:
    """The same checks as of the API."""
    desk = busy_desk()
    async with client(desk) as asking:
        nobody = await asking.post(link(desk), json={"by": ""})
        foreign = await asking.post(
            link(desk), json={"by": "Maria"}, headers={"Origin": "https://evil.example"}
        )
        form = await asking.post(link(desk), data={"by": "Maria"})
    assert (nobody.status, foreign.status, form.status) == (400, 403, 415)
    assert desk.asked == []


async def test_a_name_from_outside_cannot_become_markup() -> None:
    """Names of queues, people and rules are text."""
    desk = TestDesk(rules=(replace(WAIT, english="<i>Wait</i>", about_english='"<b>'),))
    bad = queue("<script>alert(1)</script>", '"><img src=x>')
    desk.breach(WAIT, bad, 75.0)
    desk.last(6)
    alert_id = desk.id_of(WAIT, bad)
    address = urlsplit(acknowledge_url(PLAN, alert_id, desk.clock_ms + HOUR_MS))
    async with client(desk) as asking:
        path = f"{address.path}?{address.query}"
        first = await (await asking.get(path)).text()
        await asking.post(path, json={"by": "<b>Maria</b>"})
        second = await (await asking.get(path)).text()
    for text in (first, second):
        for tag in ("<script>a", "<img", "<i>", "<b>"):
            assert tag not in text
    assert "taken by &lt;b&gt;Maria&lt;/b&gt;" in second


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA,en;q=0.9", "fr"),
        ("en;q=0.4,fr;q=0.7", "fr"),
        ("de,fr;q=0.5", "fr"),
        ("fr;q=0,en;q=0.1", "en"),
        ("fr;q=x", "en"),
        ("zh," * 500 + "fr", "en"),
    ],
)
def test_the_language_is_the_one_that_the_reader_likes_better(accept: str, language: str) -> None:
    """English where neither is asked for."""
    assert language_of(accept) == language


def test_both_languages_say_the_same_things() -> None:
    """Every word has its French."""
    assert list(WORDS["en"]) == list(WORDS["fr"])


# -- as a person sees it ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def phone() -> Iterator[Browser]:
    require_chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags())
        yield started
        started.close()


def test_a_person_takes_the_alert_on_a_phone(phone: Browser) -> None:
    """The policy of the page lets its own button work; the name is remembered."""
    desk = busy_desk()
    desk.last(1)
    with ServedInThread(lambda: app_with(desk, WebOptions(token="secret"))) as served:
        context = phone.new_context(viewport={"width": 390, "height": 844}, locale="fr-FR")
        complaints: list[str] = []
        context.on("console", lambda said: complaints.append(said.text))
        page = context.new_page()
        page.goto(served.url + link(desk))
        expect(page.locator("h1")).to_have_text("Plus longue attente")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.locator("#by").fill("Maria")
        page.locator("button").click()
        expect(page.locator("#said")).to_have_text(WORDS["fr"]["done"])
        expect(page.locator("form")).to_be_hidden()
        page.goto(served.url + link(desk, "Technical support"))
        expect(page.locator("#by")).to_have_value("Maria")
        served.do(lambda: desk.clear(WAIT, queue("Technical support")))
        served.do(lambda: desk.last(61))
        page.locator("button").click()
        expect(page.locator("#said")).to_contain_text("the alert is over already")
        context.close()
    assert [one.by for one in desk.asked] == ["Maria"]
    assert [text for text in complaints if "409" not in text] == []


def test_the_desk_of_the_tests_has_every_state() -> None:
    """What the tests above rely on."""
    desk = busy_desk()
    states = {alert.where.name: alert.state for alert in desk.book.alerts.values()}
    assert states == {
        "Fraud line": "resolved", "Billing": "firing", "Sales": "firing",
        "Technical support": "firing", "Customer care": "pending",
    }  # fmt: skip
    fraud = desk.book.current(Key(SERVICE.id, queue("Fraud line")))
    assert fraud is not None
    assert fraud.fired_ms == NOON_MS + 1_000
