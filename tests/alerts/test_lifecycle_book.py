"""The book: what the journal says, found by what is asked."""

from __future__ import annotations

from alerts.alert import Alert, encode, record_key
from alerts.book import Book
from alerts.evaluation import Breach
from alerts.rules import Where
from tests.alerts.alert_story import Story, found, key


def resolved(number: int, resolved_ms: int) -> Alert:
    """An alert of `sales` that is over."""
    return Alert(
        id=f"{number}", rule_id="wait", where=Where("pair", "sales", "voice"), severity="warning",
        state="resolved", pending_ms=number, fired_ms=number, resolved_ms=resolved_ms,
    )  # fmt: skip


def sizes(book: Book) -> tuple[int, int, int, int]:
    """How many records of each kind there are."""
    return len(book.alerts), len(book.notices), len(book.actions), len(book.silences)


def test_what_cannot_be_read_is_counted_and_left_out() -> None:
    """Of a kind nobody knows, broken, or under a key that is not its own."""
    book = Book()
    alert = resolved(1, 5)
    book.take("alert:1", encode(alert))
    book.take("dream:1", b"{}")
    book.take("alert:1", b'{"id": ')
    book.take("alert:2", b"{}")
    book.take("alert:2", encode(alert))
    book.take("dream:1", None)
    assert book.unreadable == 4
    assert book.alerts == {"1": alert}


def test_every_kind_of_record_comes_and_goes_by_its_key() -> None:
    """Also through the journal of a real step."""
    story = Story(is_delivering=False).run(0, 2, found([key()]))
    story.ask("acknowledge", 3)
    story.silence(0, 5)
    book = story.book
    assert sizes(book) == (1, 1, 1, 1)
    for name in list(story.entries):
        book.take(name, None)
    assert sizes(book) == (0, 0, 0, 0)
    assert (book.open_keys(), book.current(key())) == (set(), None)


def test_the_newest_alert_of_a_key_is_its_current_one() -> None:
    """In whatever order they are read; the one before it, when that is deleted."""
    book = Book()
    for number in (2, 3, 1):
        book.take(f"alert:{number}", encode(resolved(number, 10 + number)))
    current = book.current(key())
    assert current is not None
    assert current.id == "3"
    book.take("alert:3", None)
    current = book.current(key())
    assert current is not None
    assert current.id == "2"


def test_the_longest_resolved_are_found_without_the_others() -> None:
    """By the end, also after one was deleted and another changed."""
    book = Book()
    for number in range(50):
        alert = resolved(number, 1000 - 7 * ((number * 31) % 50))
        book.apply({record_key(alert): alert})
    moved = resolved(3, 5000)
    book.apply({record_key(moved): moved, "alert:4": None})
    book.apply({record_key(resolved(5, 958)): resolved(5, 958)})
    book.apply({record_key(resolved(5, 958)): resolved(5, 958)})
    for ms in (0, 657, 800, 1000, 5000):
        expected = {a.id for a in book.alerts.values() if (a.resolved_ms or 0) <= ms}
        found_ids = [alert.id for alert in book.resolved_until(ms)]
        assert set(found_ids) == expected
        assert len(found_ids) == len(expected)


def test_seen_values_stay_while_nobody_knows_and_go_with_the_condition() -> None:
    """The lowest and highest go on through a break of an open alert, and end with it."""
    story = Story().run(0, 0, found([key()], value=70.0))
    story.second(1, found([key()], value=99.0))
    story.second(2, found(unknown=[key()]))
    assert story.book.seen == {key(): Breach(99.0, 60.0, None, 0)}
    story.run(3, 5)
    assert story.book.seen == {}
    assert [tuple(one) for one in story.book.extremes.values()] == [(0, 60.0, 70.0, 99.0)]
    story.run(6, 100)
    assert story.book.extremes == {}
