"""The list of expressions of several workers: what one of them folded, every one shows."""

from __future__ import annotations

from typing import Any

from aggregators import events as ev
from aggregators.dossiers.expression_list import ExpressionList, expression_list
from exporters.shared.view import SharedView
from tests.aggregators.story import event, s
from tests.bench.redis import RedisServer
from tests.exporters.shared_workers import PLACES, Worker

ONE, OTHER, _ = PLACES


def miss(word: str, at_s: float) -> Any:
    return event(
        ev.FaqSearched, at_s, session_id=f"{word} {at_s}", search_id="r1", tool="faq",
        keyword=word, result_count=0,
    )  # fmt: skip


def listed(view: SharedView) -> ExpressionList:
    shards = view.shards()
    return expression_list(shards, s(1000), shards[0].rules)


async def test_a_worker_lists_what_the_others_counted(redis_server: RedisServer) -> None:
    """Merged over the shards of both workers, after a publication and after a change."""
    owner, reader = Worker(redis_server.url), Worker(redis_server.url)
    try:
        owner.own(ONE)
        reader.own(OTHER)
        owner.fold(ONE, miss("box", 100), miss("code promo", 200))
        reader.fold(OTHER, miss("boxes", 100), miss("Box", 300))
        for worker in (owner, reader):
            worker.checkpoint()
            await worker.publisher.round()
        await reader.reader.refresh()
        found = listed(reader.view)
        assert [(item.expression, item.count) for item in found.expressions] == [
            ("box", 2), ("boxes", 1), ("code promo", 1),
        ]  # fmt: skip
        owner.fold(ONE, miss("code promo", 400), miss("codes promo", 500))
        owner.checkpoint()
        await owner.publisher.round()
        await reader.reader.refresh()
        found = listed(reader.view)
        assert [(item.expression, item.count) for item in found.expressions] == [
            ("code promo", 3), ("box", 2), ("boxes", 1),
        ]  # fmt: skip
        assert (found.searches, found.error) == (6, 0)
    finally:
        for worker in (owner, reader):
            await worker.close()
