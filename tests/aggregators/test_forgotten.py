"""Fingerprints of forgotten contacts: a set, whatever its inside looks like."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import forgotten as module
from aggregators.forgotten import Forgotten, fingerprint, marks, stored_marks

MARKS = st.integers(0, 60)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["add", "update", "drop"]), st.lists(MARKS))))
def test_it_holds_what_a_plain_set_would(steps: list[tuple[str, list[int]]]) -> None:
    """Taking in one by one, many at once, and leaving out, in any order."""
    kept, plain = Forgotten(), set[int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_RECENT", 3)
        for what, found in steps:
            if what == "add":
                for mark in found:
                    kept.add(mark)
                plain.update(found)
            elif what == "update":
                kept.update(stored(found))
                plain.update(found)
            else:
                kept.drop(stored(found))
                plain.difference_update(found)
            assert len(kept) == len(plain)
            assert bool(kept) == bool(plain)
            assert {mark for mark in range(61) if mark in kept} == plain


def stored(found: list[int]) -> array[int]:
    """Fingerprints as a row keeps them, through their bytes."""
    some = marks()
    some.extend(found)
    return marks(stored_marks(some))


def test_a_fingerprint_is_the_same_on_every_machine() -> None:
    """It is stored: eight bytes, the lowest one first, and never above 63 bits."""
    assert fingerprint("contact-1") == 3_724_238_697_712_610_728
    some = marks()
    some.extend([1, 1 << 62])
    assert stored_marks(some) == bytes([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40])
