"""Bodies of Amazon Connect as SQS, SNS and Kinesis carry them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from streams.reasons import Reason
from streams.sources import Refused
from tests.streams.sources.test_amazon_connect import ANSWERED, RECORD, read


def coded(given: Any) -> str:
    return base64.b64encode(json.dumps(given).encode()).decode()


@pytest.mark.parametrize(
    "wrapped",
    [
        ANSWERED["detail"],
        [ANSWERED],
        {"Records": [{"eventSource": "aws:sqs", "body": json.dumps(ANSWERED)}]},
        {"Messages": [{"MessageId": "m", "Body": json.dumps(ANSWERED)}]},
        {"MessageId": "m", "Body": json.dumps(ANSWERED)},
        [{"eventSource": "aws:kinesis", "partitionKey": "p", "data": coded(ANSWERED)}],
        [{"eventSource": "aws:sqs", "messageId": "m", "body": json.dumps(ANSWERED)}],
        {"Records": [{"kinesis": {"partitionKey": "p", "data": coded(ANSWERED)}}]},
        {"Records": [{"SequenceNumber": "1", "Data": coded(ANSWERED)}], "MillisBehindLatest": 0},
        {"Type": "Notification", "TopicArn": "arn:t", "Message": json.dumps(ANSWERED)},
        {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(ANSWERED)}}]},
        {"Records": [{"body": json.dumps({"Type": "Notification",
                                          "Message": json.dumps(ANSWERED)})}]},
    ],
)  # fmt: skip
def test_a_wrapping_changes_nothing(wrapped: Any) -> None:
    """SQS, SNS, Kinesis, one in the other, the bare detail: the same event."""
    assert read([wrapped]) == read([ANSWERED])


def test_one_bad_record_does_not_spoil_the_others() -> None:
    """Each record is refused for itself."""
    records = [{"body": "{"}, {"kinesis": {"data": "no base64"}}, 7, {"body": "7"},
               {"body": json.dumps(ANSWERED)}]  # fmt: skip
    found = read([{"Records": records}])
    assert [one.reason for one in found[:4] if isinstance(one, Refused)] == (
        [Reason.MALFORMED_SOURCE] * 4
    )
    assert found[4:] == read([ANSWERED])


def test_what_stays_of_a_refused_record_hides_nobody_in_base64() -> None:
    """A refused body is redacted by its members, so it is kept in clear, not as it was packed."""
    bad = {**RECORD, "Channel": "PIGEON", "CustomerEndpoint": {"Address": "+33123456789"}}
    (found,) = read([{"Records": [{"kinesis": {"data": coded(bad)}}]}])
    assert isinstance(found, Refused)
    assert found.reason == Reason.UNMAPPED_SOURCE
    assert "33123456789" not in found.body
    assert coded(bad)[:40] not in found.body


def test_wrapping_ends_somewhere() -> None:
    """A message in a message in a message, and so on, is refused."""
    given: Any = ANSWERED
    for _ in range(9):
        given = {"Message": json.dumps(given)}
    (found,) = read([given])
    assert isinstance(found, Refused)
    assert "wrapped too often" in found.detail
