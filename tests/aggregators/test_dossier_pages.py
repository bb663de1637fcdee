"""Pages of dossiers: a mapping whose changed parts can be written on their own."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.dossiers.pages import FIRST_PAGE, Page, Pages

HOUR_MS = 3_600_000
DAY_MS = 86_400_000


def _all(pages: Pages) -> dict[str, bytes]:
    return {key: raw for page in pages.pages.values() for key, raw in page.dossiers.items()}


def test_a_dossier_is_on_the_page_of_its_newest_event() -> None:
    """Told of again two minutes later, it moves, and only what changed is to be written."""
    pages = Pages()
    pages.put("a", 60_000, b"1", None)
    pages.put("b", 61_000, b"2", 90_000)
    assert pages.numbers() == [FIRST_PAGE + 1]
    assert pages.pages[1] == Page({"a": b"1", "b": b"2"}, {"b": 90_000})
    pages.changed.clear()

    pages.put("b", 180_000, b"3", None)
    assert pages.changed == {1, 3}
    assert pages.pages == {1: Page({"a": b"1"}, {}), 3: Page({"b": b"3"}, {})}
    assert (pages.get("b"), pages.get("nobody"), len(pages)) == (b"3", None, 2)


def test_an_emptied_page_is_gone_and_never_written() -> None:
    """The checkpoint no longer names it."""
    pages = Pages()
    pages.put("a", 0, b"1", None)
    pages.put("a", 60_000, b"1", None)
    assert pages.numbers() == [FIRST_PAGE + 1]
    assert pages.changed == {1}


def test_old_minutes_melt_into_quarters_and_stay_found() -> None:
    """Two hours behind the watermark, a late event included."""
    pages = Pages()
    pages.put("a", 60_000, b"1", None)
    pages.put("b", 14 * 60_000, b"2", 5)
    pages.put("c", 3 * HOUR_MS, b"3", None)
    pages.changed.clear()
    pages.coarsen(3 * HOUR_MS)
    assert pages.pages == {0: Page({"a": b"1", "b": b"2"}, {"b": 5}), 180: Page({"c": b"3"}, {})}
    assert pages.changed == {0}
    pages.put("d", 2 * 60_000, b"4", None)
    assert pages.get("d") == b"4"
    assert sorted(pages.pages) == [0, 180]


def test_what_is_older_than_needed_is_forgotten() -> None:
    """Whole pages go, by the newest event of their dossiers."""
    pages = Pages()
    pages.put("a", 0, b"1", None)
    pages.put("b", DAY_MS, b"2", None)
    pages.drop_before(DAY_MS)
    assert (pages.get("a"), pages.get("b"), len(pages)) == (None, b"2", 1)
    assert pages.changed == {1440}


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abcdef"), st.integers(0, 6 * HOUR_MS)),
        st.tuples(st.just("coarsen"), st.just(""), st.integers(0, 8 * HOUR_MS)),
        st.tuples(st.just("restore"), st.just(""), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(_STEPS)
def test_pages_are_a_mapping_whatever_moves_melts_or_is_restored(
    steps: list[tuple[str, str, int]],
) -> None:
    """Written pages are kept by number: with those named last everything is there again."""
    pages, model = Pages(), dict[str, bytes]()
    written: dict[int, Page] = {}
    watermark_ms = 0
    for at, (what, key, ms) in enumerate(steps):
        if what == "put":
            model[key] = str(at).encode()
            pages.put(key, ms, model[key], ms if at % 2 else None)
        elif what == "coarsen":
            watermark_ms = max(watermark_ms, ms)
            pages.coarsen(watermark_ms)
        else:
            assert pages.changed <= set(pages.pages)
            for number in pages.changed:
                page = pages.pages[number]
                written[number] = Page(dict(page.dossiers), dict(page.due_ms))
            named = [number - FIRST_PAGE for number in pages.numbers()]
            before = pages.pages
            pages = Pages()
            for number in named:
                pages.take(number, written[number])
            pages.resume(watermark_ms)
            assert pages.pages == before
        assert _all(pages) == model
        assert {key: pages.get(key) for key in "abcdef"} == {
            key: model.get(key) for key in "abcdef"
        }
