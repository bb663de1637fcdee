"""A contact of every platform, from its bodies through a real Kafka and a worker to the KPIs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from streams.sources import FORMATS
from tests.bench.kafka import Kafka
from tests.e2e.front_door import FrontDoor, on_kafka
from tests.streams.sources import ami_reading as asterisk_ami
from tests.streams.sources import intercom_reading as intercom
from tests.streams.sources import test_chatwoot as chatwoot
from tests.streams.sources import test_freshchat as freshchat
from tests.streams.sources import test_webex_contact_center as webex


class Story(NamedTuple):
    """Bodies of a platform, one per line, and what the KPIs of the centre must say of them."""

    lines: tuple[str, ...]
    figures: dict[str, Any]
    settings: Mapping[str, Any] = MappingProxyType({})


def body(**members: Any) -> str:
    """One body on a line."""
    return json.dumps(members)


def connect_event(kind: str, at: str, **detail: Any) -> str:
    """An event of Amazon Connect as EventBridge sends it."""
    return json.dumps(
        {
            "detail-type": "Amazon Connect Contact Event", "source": "aws.connect",
            "id": f"id-{kind}", "time": at,
            "detail": {
                "eventType": kind, "contactId": "1111", "channel": "VOICE",
                "initiationMethod": "INBOUND", "initiationTimestamp": "2021-08-04T17:17:53.000Z",
                **detail,
            },
        }
    )  # fmt: skip


QUEUED = {"queueArn": "arn:q1", "enqueueTimestamp": "2021-08-04T17:29:04.000Z"}
TAKEN = {"agentArn": "arn:a1", "connectedToAgentTimestamp": "2021-08-04T17:29:09.000Z"}


def freeswitch(action: str, **members: str) -> str:
    """An event of mod_callcenter."""
    return json.dumps(
        {
            "Event-Name": "CUSTOM", "Event-Subclass": "callcenter::info", "CC-Action": action,
            "CC-Queue": "support@default", "CC-Member-UUID": "4533",
            "CC-Member-Session-UUID": "b77c", "CC-Member-Joined-Time": "1717409000", **members,
        }
    )  # fmt: skip


TASK = "TaskSid=WT1&TaskQueueName=Support&TaskChannelUniqueName=voice"
HUNG_UP = "&TaskCanceledReason=hangup&TaskAttributes=%7B%22from%22%3A%22%2B3312%22%7D"
ANSWERED = {"contacts_answered": 1, "contacts_abandoned": 0}

CONVERSATION = {**ANSWERED, "wait_max_seconds": 60.0, "talk_mean_seconds": 240.0}

STORIES: dict[str, Story] = {
    "amazon-connect": Story(
        (
            connect_event("QUEUED", "2021-08-04T17:29:05Z", queueInfo=QUEUED),
            connect_event(
                "CONNECTED_TO_AGENT", "2021-08-04T17:43:48Z", queueInfo=QUEUED, agentInfo=TAKEN
            ),
            connect_event(
                "DISCONNECTED", "2021-08-04T17:45:00Z", queueInfo=QUEUED, agentInfo=TAKEN,
                disconnectTimestamp="2021-08-04T17:31:09.000Z",
            ),
        ),
        {**ANSWERED, "wait_max_seconds": 5.0, "talk_mean_seconds": 120.0},
    ),
    "freeswitch": Story(
        (
            freeswitch("member-queue-start"),
            freeswitch(
                "bridge-agent-start", **{
                    "CC-Agent": "1000@default", "CC-Agent-Called-Time": "1717410000",
                    "CC-Agent-Answered-Time": "1717410009",
                },
            ),
            freeswitch(
                "member-queue-end", **{
                    "CC-Agent": "1000@default", "CC-Agent-Called-Time": "1717410000",
                    "CC-Agent-Answered-Time": "1717410009", "CC-Cause": "Terminated",
                    "CC-Member-Leaving-Time": "1717410100",
                },
            ),
        ),
        {
            **ANSWERED, "wait_max_seconds": 1009.0, "ring_mean_seconds": 9.0,
            "talk_mean_seconds": 91.0,
        },
    ),
    "twilio-taskrouter": Story(
        (
            f"EventType=task-queue.entered&Sid=EV1&TaskAge=0&TimestampMs=1719821081000&{TASK}",
            f"EventType=task.canceled&Sid=EV2&TaskAge=34&TimestampMs=1719821115000&{TASK}{HUNG_UP}",
        ),
        {"contacts_answered": 0, "contacts_abandoned": 1, "wait_max_seconds": 34.0},
    ),
    "genesys-cloud": Story(
        (
            body(
                topicName="v2.detail.events.conversation.c1.acd.start",
                eventBody={
                    "eventTime": 1735551840452, "conversationId": "c1", "sessionId": "s1",
                    "mediaType": "VOICE", "queueId": "q1",
                },
            ),
            body(
                topicName="v2.detail.events.conversation.c1.acd.end",
                eventBody={
                    "eventTime": 1735551914839, "conversationId": "c1", "sessionId": "s1",
                    "mediaType": "VOICE", "queueId": "q1", "acdOutcome": "ABANDON",
                    "connectedDurationMs": 0,
                },
            ),
        ),
        {"contacts_answered": 0, "contacts_abandoned": 1, "wait_max_seconds": 74.387},
    ),
    "zendesk": Story(
        (
            body(
                type="zen:event-type:ticket.created", account_id=1, id="01HN1",
                time="2024-04-17T16:00:00Z", zendesk_event_version="2022-11-06",
                subject="zen:ticket:35436", event={},
                detail={
                    "id": "35436", "status": "OPEN", "group_id": "7", "via": {"channel": "email"},
                    "created_at": "2024-04-17T16:00:00Z", "updated_at": "2024-04-17T16:00:00Z",
                },
            ),
            body(
                type="zen:event-type:ticket.status_changed", account_id=1, id="01HN2",
                time="2024-04-17T17:18:10Z", zendesk_event_version="2022-11-06",
                subject="zen:ticket:35436", event={"current": "SOLVED", "previous": "OPEN"},
                detail={
                    "id": "35436", "status": "SOLVED", "group_id": "7", "assignee_id": "9",
                    "via": {"channel": "email"}, "created_at": "2024-04-17T16:00:00Z",
                    "updated_at": "2024-04-17T17:18:10Z",
                },
            ),
        ),
        {"tickets_opened": 1, "tickets_solved": 1},
    ),
    "json": Story(
        (
            body(ticket={"id": "812", "status": "Open", "updated": "17 Apr 2024 18:00"}),
            body(ticket={"id": "812", "status": "Resolved", "updated": "17 Apr 2024 19:18"}),
        ),
        {"tickets_opened": 1, "tickets_solved": 1},
        {
            "topic": "tickets", "event_id": "{ticket.id}:{ticket.status}",
            "type": {
                "path": "ticket.status",
                "map": {"Open": "ticket.opened", "Resolved": "ticket.solved"},
            },
            "event_time": {
                "path": "ticket.updated", "format": "%d %b %Y %H:%M", "zone": "Europe/Paris"
            },
            "contact_id": "freshdesk:{ticket.id}", "queue": "Support",
        },
    ),
    "chatwoot": Story(tuple(map(json.dumps, chatwoot.STORY)), CONVERSATION),
    "intercom": Story(tuple(map(json.dumps, intercom.STORY)), CONVERSATION),
    "freshchat": Story(tuple(map(json.dumps, freshchat.STORY)), CONVERSATION),
    "webex-contact-center": Story(
        tuple(map(json.dumps, webex.CALL)), {**ANSWERED, "talk_mean_seconds": 100.0}
    ),
    "asterisk-ami": Story(
        tuple(
            (asterisk_ami.join(0) + asterisk_ami.connect(12.001, 12, 5)
             + asterisk_ami.complete(132, 12, 120)).splitlines()
        ),
        {**ANSWERED, "wait_max_seconds": 12.0, "talk_mean_seconds": 120.0},
    ),
}  # fmt: skip
"""One of each format that reads the bodies of a platform."""


def end(door: FrontDoor, command: str, form: str, *arguments: str) -> dict[str, Any]:
    """The KPIs of the centre at the end of the bodies."""
    printed = door.done(command, "--source", form, "--json", *arguments, "bodies")
    ((board),) = json.loads(printed)
    total: dict[str, Any] = board["windows"]["whole"]["total"]
    return total


def test_every_platform_has_its_story() -> None:
    """What vigie reads of files that are no bodies has tests of its own."""
    assert set(STORIES) == set(FORMATS) - {"asterisk-queue-log", "canonical", "csv"}


@pytest.mark.parametrize("form", STORIES)
def test_the_bodies_of_a_platform_become_kpis_through_kafka(
    form: str, kafka: Kafka, prefix: str, open_door: Callable[..., FrontDoor]
) -> None:
    """As documented, and as the batch has it; delivered twice it is the same."""
    story = STORIES[form]
    door = open_door(
        **on_kafka(kafka, prefix, partitions=2), sources={form: {"format": form, **story.settings}}
    )
    (door.folder / "bodies").write_text("".join(f"{line}\n" for line in story.lines * 2))
    total = end(door, "replay", form, "--broker", kafka.bootstrap_servers)
    assert {name: total[name] for name in story.figures} == story.figures
    assert total == end(door, "compute", form)
