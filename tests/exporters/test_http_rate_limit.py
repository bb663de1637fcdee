"""How often somebody may ask: laws of the buckets and of the waits, and who is counted as whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.http.client_address import client_address, networks
from exporters.http.rate_limit import Buckets, Failures, RateLimit

LIMIT = RateLimit(interval_s=0.5, burst=3)
GAPS = st.lists(st.floats(0, 3), min_size=1, max_size=60)
LIMITS = st.builds(RateLimit, st.sampled_from([0.01, 0.1, 0.5, 2.0]), st.integers(1, 20))


def test_a_burst_passes_and_then_one_at_each_interval() -> None:
    """Three at once, then the fourth waits half a second."""
    buckets = Buckets()
    assert [buckets.take("anna", LIMIT, 10.0) for _ in range(5)] == [0, 0, 0, 0.5, 0.5]
    assert buckets.take("anna", LIMIT, 10.25) == 0.25
    assert [buckets.take("anna", LIMIT, 10.5) for _ in range(2)] == [0, 0.5]
    assert [buckets.take("anna", LIMIT, 100.0) for _ in range(4)] == [0, 0, 0, 0.5]


@given(LIMITS, GAPS)
def test_no_span_of_time_lets_more_through_than_the_limit(
    limit: RateLimit, gaps: list[float]
) -> None:
    """Between any two accepted requests there are at most burst plus the intervals passed."""
    buckets, now_s, accepted = Buckets(), 0.0, []
    for gap_s in gaps:
        now_s += gap_s
        if buckets.take("x", limit, now_s) == 0:
            accepted.append(now_s)
    for i, first_s in enumerate(accepted):
        for j in range(i, len(accepted)):
            room = limit.burst + (accepted[j] - first_s) / limit.interval_s
            assert j - i + 1 <= room + 1e-6


@given(LIMITS, GAPS)
def test_who_waits_as_long_as_told_is_let_in(limit: RateLimit, gaps: list[float]) -> None:
    """And never a moment later than the limit itself demands: at most one interval."""
    buckets, now_s = Buckets(), 0.0
    for gap_s in gaps:
        now_s += gap_s
        wait_s = buckets.take("x", limit, now_s)
        assert 0 <= wait_s <= limit.interval_s + 1e-9
        if wait_s:
            now_s += wait_s
            assert buckets.take("x", limit, now_s) == 0


def test_clients_do_not_share_a_bucket_and_no_limit_is_no_limit() -> None:
    """One that asks too often harms nobody else."""
    buckets = Buckets()
    assert [buckets.take("a", LIMIT, 0.0) for _ in range(4)][-1] > 0
    assert buckets.take("b", LIMIT, 0.0) == 0
    for none in (None, RateLimit(0.0, 1)):
        assert [buckets.take("c", none, 0.0) for _ in range(100)] == [0] * 100


def test_strangers_without_number_take_no_memory_without_end() -> None:
    """The clients seen longest ago are forgotten, those of now are not."""
    buckets, failures = Buckets(most=10), Failures(most=10)
    for n in range(1_000):
        buckets.take(f"client {n}", LIMIT, 0.0)
        buckets.take("anna", RateLimit(0.5, 2), 0.0)
        failures.add(f"client {n}", 0.0)
    assert (len(buckets), len(failures)) == (10, 10)
    for kept in ("anna", "client 999"):
        assert buckets.take(kept, RateLimit(0.5, 1), 0.0) > 0
    assert buckets.take("client 0", RateLimit(0.5, 1), 0.0) == 0


def test_wrong_passwords_wait_twice_as_long_each_time() -> None:
    """Four are free, from the fifth on 1 s, 2 s, 4 s and so on, 5 minutes at most."""
    failures, waits = Failures(), []
    for _ in range(15):
        failures.add("192.0.2.1", 50.0)
        waits.append(failures.wait_s("192.0.2.1", 50.0))
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert failures.wait_s("192.0.2.1", 349.0) == 1.0
    assert failures.wait_s("192.0.2.1", 350.0) == 0
    assert failures.wait_s("192.0.2.2", 50.0) == 0
    failures.add("192.0.2.1", 50.0 + 901)
    assert failures.wait_s("192.0.2.1", 50.0 + 901) == 0
    for _ in range(4):
        failures.add("192.0.2.1", 951.0)
    assert failures.wait_s("192.0.2.1", 951.0) == 1.0
    failures.forget("192.0.2.1")
    assert failures.wait_s("192.0.2.1", 951.0) == 0


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["203.0.113.1"], "192.0.2.7"),
        ("10.0.0.5", ["203.0.113.1"], "203.0.113.1"),
        ("10.0.0.5", ["198.51.100.9, 203.0.113.1"], "203.0.113.1"),
        ("10.0.0.5", ["198.51.100.9", "203.0.113.1, 10.0.0.6"], "203.0.113.1"),
        ("10.0.0.5", ["10.0.0.7"], "10.0.0.7"),
        ("10.0.0.5", ["nonsense"], "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.1, nonsense, 10.0.0.9"], "10.0.0.9"),
        ("10.0.0.5", [], "10.0.0.5"),
        ("::ffff:192.0.2.7", [], "192.0.2.7"),
        ("2001:db8::1:2:3:4", [], "2001:db8::/64"),
        ("2001:db8:0:0:ffff::9", [], "2001:db8::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        (None, ["203.0.113.1"], "unknown"),
    ],
)
def test_a_client_is_counted_under_the_address_that_nobody_can_make_up(
    peer: str | None, forwarded: list[str], address: str
) -> None:
    """What a proxy says counts only from one that is trusted, and from the right."""
    assert client_address(peer, forwarded, networks(["10.0.0.0/8"])) == address


def test_a_header_of_a_thousand_hops_is_not_followed_to_its_end() -> None:
    """Twenty hops are more than any chain of proxies has."""
    hops = ["203.0.113.1", *["10.0.0.1"] * 1_000]
    assert client_address("10.0.0.5", [", ".join(hops)], networks(["10.0.0.0/8"])) == "10.0.0.1"
