"""The boards, one module each: a function from words to a :class:`~exporters.grafana.board.Board`.

The order is that of the list of boards in every board's menu.
"""

from __future__ import annotations

from collections.abc import Callable

from exporters.grafana.board import Board
from exporters.grafana.boards.agents import agents
from exporters.grafana.boards.alerts import alerts
from exporters.grafana.boards.business import business
from exporters.grafana.boards.pipeline import pipeline
from exporters.grafana.boards.queue import queue
from exporters.grafana.boards.resolution import resolution
from exporters.grafana.boards.satisfaction import satisfaction
from exporters.grafana.boards.supervisor import supervisor
from exporters.grafana.boards.wallboard import wallboard
from exporters.grafana.words import Words

BOARDS: tuple[Callable[[Words], Board], ...] = (
    wallboard, supervisor, queue, agents, resolution, satisfaction, business, alerts, pipeline,
)  # fmt: skip
