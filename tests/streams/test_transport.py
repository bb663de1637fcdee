"""The transport stands on inner names of faust and aiokafka: they must be as it expects."""

from __future__ import annotations

import pytest
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver

from streams.settings import StreamError
from streams.transport import (
    SCHEME,
    BatchConsumer,
    BatchThread,
    BatchTransport,
    check_transport,
    register,
)


def test_the_installed_faust_is_the_one_the_transport_was_written_for() -> None:
    """Every overridden or called inner name exists with the expected parameters."""
    check_transport()


def test_a_missing_method_is_told_in_one_line() -> None:
    """Another version of faust stops the start with the versions to install."""
    contract = ((driver.Consumer, "_no_such_method", ("self",)),)
    with pytest.raises(StreamError, match=r"_no_such_method is missing.*faust-streaming 0\.15\.3"):
        check_transport(contract)


def test_a_changed_signature_is_told_in_one_line() -> None:
    """A method with other parameters is as bad as none."""
    contract = ((driver.Consumer, "_to_message", ("self", "record")),)
    with pytest.raises(StreamError, match=r"_to_message takes \(self, tp, record\)"):
        check_transport(contract)


def test_the_overrides_take_what_faust_gives_them() -> None:
    """Each override has the parameters of the method it replaces."""
    for override, replaced in (
        (BatchThread, driver.AIOKafkaConsumerThread),
        (BatchConsumer, driver.Consumer),
    ):
        contract = tuple(
            (override, name, expected)
            for name in vars(override)
            if callable(getattr(replaced, name, None)) and not name.startswith("__init")
            for expected in [_parameters(getattr(replaced, name))]
        )
        assert len(contract) >= 3
        check_transport(contract)


def test_the_scheme_leads_to_the_transport() -> None:
    """A broker URL with our scheme gives our transport; registering twice is harmless."""
    register()
    register()
    assert TRANSPORTS.by_url(f"{SCHEME}://127.0.0.1:9092") is BatchTransport


def _parameters(function: object) -> tuple[str, ...]:
    import inspect

    assert callable(function)
    return tuple(inspect.signature(function).parameters)
