"""Short names in the place of ids."""

from __future__ import annotations

from exporters.masking import ALPHABET, LENGTH, Mask


def test_a_short_name_is_the_same_for_the_same_id_and_says_nothing_of_it() -> None:
    """Five marks that nobody takes for others; another process gives other names."""
    mask, other = Mask(), Mask()
    name = mask.name("06 12 34 56 78")
    assert name == mask.name("06 12 34 56 78")
    assert len(name) == LENGTH
    assert set(name) <= set(ALPHABET)
    assert [mask.name(str(n)) for n in range(50)] != [other.name(str(n)) for n in range(50)]


def test_no_two_ids_have_one_name() -> None:
    """Where short names meet, one gets another; the order of the ids does not matter."""
    mask = Mask(b"a key of a test")
    ids = [f"call-{n}" for n in range(20_000)]
    names = mask.names(ids)
    assert len(set(names.values())) == len(ids)
    assert mask.names(reversed(ids)) == names
    assert len({mask.name(one) for one in ids}) < len(ids), "some do meet"
