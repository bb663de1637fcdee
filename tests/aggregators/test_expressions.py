"""Lists of expressions without an answer: bounded memory, a stated error, a trend by days."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregators import events as ev
from aggregators.dossiers.expression_list import ExpressionList, expression_list
from aggregators.dossiers.heavy_hitters import HeavyHitters
from aggregators.dossiers.wording import plain, singular
from aggregators.policy import CHANNEL_POLICIES, DAY_MS, QueuePolicy, Rules
from aggregators.replica import Replica
from aggregators.sealing import unseal
from aggregators.shard import Shard
from tests.aggregators.story import T0, event, s

HOUR_S, DAY_S = 3600, 86_400
WORDS = ["facture", "box", "mot de passe", "résiliation", "livraison", "code promo", "débit"]


def miss(word: str, at_s: float, tool: str = "faq", **more: Any) -> Any:
    """Return a search without result, in a session of its own."""
    told = event(
        ev.FaqSearched, at_s, session_id="", search_id="r1", tool=tool, keyword=word,
        result_count=0, **more,
    )  # fmt: skip
    told.session_id = told.event_id
    return told


def folded(events: list[Any], rules: Rules | None = None) -> Shard:
    shard = Shard("selfcare", 0, rules or Rules())
    for item in events:
        shard.apply(item, item.event_time_ms)
    return shard


def listed(
    *shards: Shard, at_s: float, window: str = "today", tool: str | None = None
) -> ExpressionList:
    return expression_list(shards, s(at_s), shards[0].rules, window, tool)


def counts(found: ExpressionList) -> dict[str, int]:
    return {item.expression: item.count for item in found.expressions}


def restored(shard: Shard) -> Shard:
    made = shard.encode()
    return Shard.decode(made.record, made.rows, shard.rules)


@pytest.mark.example(29)
def test_plural_case_and_accents_do_not_matter() -> None:
    """12 "remboursement", 9 "Remboursements", 9 "code promo": two entries, of 21 and 9."""
    words = ["remboursement"] * 12 + ["Remboursements"] * 9 + ["code promo"] * 9
    found = listed(folded([miss(word, n) for n, word in enumerate(words)]), at_s=60)
    assert [(item.expression, item.count) for item in found.expressions] == [
        ("remboursement", 21), ("code promo", 9),
    ]  # fmt: skip
    assert (found.searches, found.unlisted, found.error) == (30, 0, 0)
    assert (found.expressions[0].first_ms, found.expressions[0].last_ms) == (s(0), s(20))


@pytest.mark.parametrize(
    ("raw", "shown", "counted_as"),
    [
        ("Remboursements", "remboursements", "remboursement"),
        ("  Mots  de passe ", "mots de passe", "mot de passe"),
        ("Accès refusé !", "acces refuse", "acce refuse"),
        ("CODES-PROMO", "codes promo", "code promo"),
        ("les jeux", "les jeux", "les jeu"),
        ("prix", "prix", "prix"),
        ("adresse", "adresse", "adresse"),
        ("box", "box", "box"),
        ("STRAẞE", "strasse", "strasse"),
        ("???", "", ""),
        ("moi@example.org", "", ""),
        ("rappelez le 06 12 34 56 78", "", ""),
        ("carte 4970-1000", "", ""),
        ("forfait 100 go", "forfait 100 go", "forfait 100 go"),
    ],
)
def test_an_expression_is_folded(raw: str, shown: str, counted_as: str) -> None:
    """Lower case, no accents, one space; what may tell a person is not listed."""
    assert (plain(raw), singular(plain(raw))) == (shown, counted_as)


@given(st.text(max_size=200) | st.text("a½²\uff10\uff20 ", max_size=20))
@example("½½½½")
@example("moi\uff20example.org")
def test_folding_again_changes_nothing(raw: str) -> None:
    """A folded expression is folded, short, and holds no address."""
    folded_once = plain(raw)
    assert plain(folded_once) == folded_once
    assert len(folded_once) <= 64
    assert "@" not in folded_once


@given(st.text(max_size=90) | st.text("ab éÉçŒß", max_size=90))
def test_an_expression_of_letters_is_folded_as_any_other(raw: str) -> None:
    """A sign at its end is left out, and keeps it from being folded letter by letter."""
    assert plain(raw) == plain(f"{raw}!")


def test_the_wording_shown_is_one_that_somebody_typed() -> None:
    """Only where the plural alone was typed it is shown."""
    found = listed(folded([miss("colis perdus", 1), miss("accès", 2), miss("Box", 3)]), at_s=60)
    assert counts(found) == {"acces": 1, "box": 1, "colis perdus": 1}


def test_what_could_tell_a_person_is_counted_and_not_listed() -> None:
    """An address or a long number is in the sum, and its text nowhere in the state."""
    shard = folded([
        miss("jo.martin@example.org", 1), miss("06 12 34 56 78", 2), miss("facture", 3),
    ])  # fmt: skip
    found = listed(shard, at_s=60)
    assert (found.searches, found.unlisted, counts(found)) == (3, 2, {"facture": 1})
    for part in shard.dossiers.expressions.parts(0, s(DAY_S)):
        assert list(part.entries) == ["faq\nfacture"]
    made = shard.encode()
    stored = b"".join(unseal(raw) for raw in (made.record, *made.rows.values()))
    assert b"martin" not in stored
    assert b"12 34" not in stored
    assert b"facture" in stored


def test_a_list_is_of_one_tool_or_of_all() -> None:
    """Together the tools' counts are added; each tool has its own list."""
    shard = folded([miss("box", 1), miss("box", 2, "bot"), miss("prix", 3, "bot")])
    whole = listed(shard, at_s=60)
    assert [(item.expression, item.tools) for item in whole.expressions] == [
        ("box", {"faq": 1, "bot": 1}), ("prix", {"bot": 1}),
    ]  # fmt: skip
    bot = listed(shard, at_s=60, tool="bot")
    assert (bot.searches, counts(bot)) == (2, {"box": 1, "prix": 1})
    assert listed(shard, at_s=60, tool="portal").expressions == []


def test_a_search_with_answers_is_no_mention_and_a_correction_takes_one_back() -> None:
    """Corrected to some results, or withdrawn, an expression leaves the list."""
    first, second = miss("box", 1), miss("box", 2)
    shard = folded([first, second, miss("prix", 3)])
    shard.apply(replace(first, revision=1, result_count=4), s(10))
    assert counts(listed(shard, at_s=60)) == {"box": 1, "prix": 1}
    shard.apply(replace(second, revision=1, retracted=True), s(10))
    found = listed(shard, at_s=60)
    assert (found.searches, counts(found)) == (1, {"prix": 1})


def test_today_is_compared_with_the_same_hours_of_yesterday() -> None:
    """Only complete hours are compared; before there is a day to compare with, no value."""
    day_before = [miss("prix", 0)]
    yesterday = [miss("box", DAY_S + 100 + n) for n in range(5)]
    yesterday += [miss("box", DAY_S + 2 * HOUR_S + 5)]
    today = [miss("box", 2 * DAY_S + 300 + n) for n in range(8)]
    today += [miss("box", 2 * DAY_S + 2 * HOUR_S + 60)]
    shard = folded([*day_before, *yesterday, *today])
    (box,) = listed(shard, at_s=2 * DAY_S + 2 * HOUR_S + 900).expressions
    assert (box.count, box.count_before, box.change) == (9, 5, 3)
    (box,) = listed(shard, at_s=2 * DAY_S + 3 * HOUR_S).expressions
    assert (box.count, box.count_before, box.change) == (9, 6, 3)
    (box,) = listed(folded([*yesterday, *today]), at_s=2 * DAY_S + 3 * HOUR_S).expressions
    assert (box.count, box.count_before, box.change) == (9, None, None)
    (box,) = listed(shard, at_s=2 * DAY_S + 310).expressions
    assert (box.count_before, box.change) == (None, None)


def test_days_are_complete_days_and_today() -> None:
    """The last two days and today; compared are the two days with the two before them."""
    days = [3, 1, 2, 5, 4, 1]  # mentions per day, the last one is today
    told = [miss("box", day * DAY_S + 60 * k) for day, n in enumerate(days) for k in range(n)]
    shard = folded(told)
    at_s = 5 * DAY_S + HOUR_S
    for seen in (shard, restored(shard)):
        found = listed(seen, at_s=at_s, window="2d")
        (box,) = found.expressions
        assert (box.count, box.count_before, box.change) == (10, 3, 6)
        assert (found.start_ms, found.end_ms) == (s(3 * DAY_S), s(at_s))
        assert counts(listed(seen, at_s=at_s, window="whole")) == {"box": 16}
        assert counts(listed(seen, at_s=at_s, window="today")) == {"box": 1}


def test_a_day_begins_where_selfcare_is() -> None:
    """In Kolkata, five hours and a half ahead, the third of June begins at 18:30 UTC."""
    kolkata = {**CHANNEL_POLICIES, "selfcare": QueuePolicy(zone="Asia/Kolkata")}
    rules = Rules(channels=kolkata)
    told = [miss("box", 18.5 * HOUR_S - 1), miss("prix", 18.5 * HOUR_S)]
    found = listed(folded(told, rules), at_s=20 * HOUR_S)
    assert (counts(found), found.start_ms) == ({"prix": 1}, s(18.5 * HOUR_S))


@pytest.mark.parametrize("window", ["15m", "5h", "interval_15m", "soon", "90d"])
def test_a_window_that_is_not_made_of_days_is_refused(window: str) -> None:
    """The text says what to ask for."""
    with pytest.raises(ValueError, match=r"ask for|write|the longest"):
        expression_list([], T0, Rules(), window)


def test_what_is_older_than_the_retention_is_forgotten() -> None:
    """Its expressions are gone, and the state does not grow for ever."""
    rules = Rules(long_retention_ms=10 * DAY_MS)
    shard = folded([miss(f"mot {day}", day * DAY_S) for day in range(40)], rules)
    found = listed(shard, at_s=39 * DAY_S + 60, window="whole")
    assert found.searches == 12
    assert "mot 0" not in counts(found)


def test_a_replica_shows_the_same_list() -> None:
    """Also after more searches; the record carries the expressions."""
    shard = folded([miss("box", 1), miss("prix", 2)])
    replica = Replica(shard.rules)
    made = shard.encode()
    assert listed(replica.update(made.record, made.rows), at_s=60) == listed(shard, at_s=60)
    shard.apply(miss("box", 5), s(5))
    made = shard.encode()
    seen = replica.update(made.record, made.rows)
    assert counts(listed(seen, at_s=60)) == {"box": 2, "prix": 1}


@given(
    st.lists(st.tuples(st.sampled_from("abcdefghij"), st.booleans()), max_size=120),
    st.integers(1, 12),
    st.integers(1, 4),
)
@settings(max_examples=300, deadline=None)
def test_counts_are_within_the_stated_error(
    told: list[tuple[str, bool]], places: int, parts_count: int
) -> None:
    """count <= true <= count + error, however the mentions are spread over parts and merged.

    The error is at most the mentions over (places + 1), and none while all have a place. Taking
    mentions back keeps both bounds.
    """
    true: Counter[str] = Counter()
    parts = [HeavyHitters(False) for _ in range(parts_count)]
    held: list[tuple[int, str]] = []
    added = 0
    for n, (word, is_back) in enumerate(told):
        if is_back and held:
            at, back = held.pop(n % len(held))
            parts[at].remove("faq", back)
            true[back] -= 1
        else:
            held.append((n % parts_count, word))
            parts[n % parts_count].add(n, "faq", word, places)
            true[word] += 1
            added += 1
    merged = HeavyHitters(True)
    for part in parts:
        merged.merge(part, places)
    assert len(merged.entries) <= places
    assert merged.error * (places + 1) <= added
    if places >= 10:
        assert merged.error == 0
    for word in "abcdefghij":
        entry = merged.entries.get(f"faq\n{word}")
        count = 0 if entry is None else entry.count
        assert count <= true[word] <= count + merged.error
    assert sum(merged.mentions.values()) == sum(true.values())


@given(
    st.lists(
        st.tuples(
            st.sampled_from(WORDS), st.integers(0, 4 * DAY_S), st.sampled_from(["faq", "bot"])
        ),
        min_size=1, max_size=40,
    ),
    st.randoms(use_true_random=False),
    st.integers(0, 40),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_order_shards_and_restarts_change_nothing(
    told: list[tuple[str, int, str]], chance: random.Random, cut: int
) -> None:
    """With places for all, any order, any split over shards and any restart give one list."""
    rules = Rules(lateness_ms=6 * DAY_MS)
    events = [miss(word, at_s, tool) for word, at_s, tool in told]
    closing = miss("fin", 12 * DAY_S)
    ordered = folded([*sorted(events, key=lambda e: int(e.event_time_ms)), closing], rules)
    chance.shuffle(events)
    shards = [Shard("selfcare", n, rules) for n in range(2)]
    for n, item in enumerate(events):
        if n == cut:
            shards[0] = restored(shards[0])
        shards[n % 2].apply(item, item.event_time_ms)
    shards[0].apply(closing, s(12 * DAY_S))
    for at_s, window in ((4 * DAY_S, "today"), (4 * DAY_S, "2d"), (13 * DAY_S, "whole")):
        for tool in (None, "faq"):
            ours = listed(*shards, at_s=at_s, window=window, tool=tool)
            theirs = listed(ordered, at_s=at_s, window=window, tool=tool)
            assert ours == theirs
            assert ours.error == 0


def test_the_top_of_a_long_tail_stays_within_the_error() -> None:
    """Few places, a thousand different searches: the frequent ones are there, the error is told."""
    rules = Rules(expressions_kept=20, expressions_listed=3)
    chance = random.Random(5)
    told: list[str] = ["box"] * 300 + ["prix"] * 200 + [f"mot {n}" for n in range(1000)]
    chance.shuffle(told)
    shard = folded([miss(word, n) for n, word in enumerate(told)], rules)
    found = listed(restored(shard), at_s=2000)
    assert [item.expression for item in found.expressions][:2] == ["box", "prix"]
    assert found.searches == 1500
    assert 0 < found.error <= 1500 // 21
    for item, true in zip(found.expressions, (300, 200), strict=False):
        assert item.count <= true <= item.count + found.error
    for part in shard.dossiers.expressions.parts(0, s(DAY_S)):
        assert len(part.entries) <= 20
