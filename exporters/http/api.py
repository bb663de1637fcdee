"""The JSON API: the board, the KPI catalogue, queues and the contacts behind a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

import msgspec
from aiohttp import web

from aggregators.kpis.norms import NORMS
from aggregators.kpis.samples import AT_MOST, SAMPLES
from exporters.board_pages import page_of, pages_json
from exporters.contacts import MAX_CONTACTS_LISTED
from exporters.http.board_json import ROW_LISTS, header_json, kpi_json, kpis_json, settings_json
from exporters.http.feed import BoardFeed, Selection
from exporters.http.past import PastApi
from exporters.http.problems import RequestError, quoted
from exporters.http.variants import SERVICE_LEVEL_VARIANTS

if TYPE_CHECKING:
    from aggregators.kpis.catalogue import Kpi
    from exporters.live import LiveView

MAX_KPIS_ASKED = 100

References: TypeAlias = Mapping[str, Mapping[str, float]]
"""KPI id -> name of a norm -> value in the KPI's own unit."""


def json_answer(content: Any, status: int = 200) -> web.Response:
    """Return a JSON answer."""
    return web.Response(
        status=status, body=msgspec.json.encode(content), content_type="application/json"
    )


def contacts_address(queue: str) -> str:
    """Return where the contacts of a queue are listed."""
    return f"/api/queues/{quote(queue, safe='')}/contacts"


def unknown_queue(queue: str) -> RequestError:
    """Return the refusal of a name that no queue has."""
    return RequestError(
        404,
        f"there is no queue {quoted(queue)}",
        "GET /api/queues lists the queues; a queue appears with its first event",
    )


def load_catalogue() -> Mapping[str, Kpi]:
    """Return the KPI catalogue of the core."""
    from aggregators.kpis.catalogue import CATALOGUE

    return CATALOGUE


class Api:
    """The handlers of ``/api``; every number comes from one view and one catalogue."""

    def __init__(
        self,
        view: LiveView,
        feed: BoardFeed,
        catalogue: Mapping[str, Kpi],
        *,
        min_sample: int,
        description: dict[str, Any],
        references: References = NORMS,
    ) -> None:
        self._view = view
        self._feed = feed
        self._catalogue = catalogue
        self._min_sample = min_sample
        self._references = references
        self._description = msgspec.json.encode(description)
        self._index = [
            {"method": method.upper(), "path": path, "summary": operation["summary"]}
            for path, item in description["paths"].items()
            for method, operation in item.items()
        ]
        self._pages = pages_json(catalogue, description["paths"])
        self._past = PastApi(view, feed)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, the stream apart."""
        return [
            web.get("/api/", self.index),
            web.get("/api/openapi.json", self.openapi),
            web.get("/api/board", self.board),
            web.get("/api/past", self._past.possible),
            web.get("/api/pages", self.pages),
            web.get("/api/kpis", self.kpis),
            web.get("/api/kpis/{id}", self.kpi),
            web.get("/api/queues", self.queues),
            web.get("/api/queues/{queue}/contacts", self.contacts),
        ]

    def selection(self, request: web.Request) -> Selection:
        """Return what ``?window=``, ``?kpis=`` and ``?rows=`` ask for; refuses unknown names.

        The stream follows the windows of the settings; ``/api/board`` takes any other as well.
        """
        window = request.query.get("window")
        known = self._feed.board().windows
        if window is not None and window not in known:
            raise RequestError(
                400,
                f"there is no window {quoted(window)}",
                f"use one of {', '.join(known)}, or add it to the windows in the settings",
            )
        return Selection(window, self._kpis_asked(request), _lists_asked(request))

    def _kpis_asked(self, request: web.Request) -> tuple[str, ...] | None:
        asked = request.query.get("kpis")
        if asked is None:
            return None
        kpis = tuple(dict.fromkeys(name for name in asked.split(",") if name))
        if len(kpis) > MAX_KPIS_ASKED:
            raise RequestError(400, "too many KPIs asked for", "leave kpis out to get all of them")
        for kpi in kpis:
            if kpi not in self._catalogue:
                raise self._unknown_kpi(kpi, 400)
        return kpis

    async def index(self, request: web.Request) -> web.Response:
        """List the addresses."""
        return json_answer({"name": "vigie", "addresses": self._index})

    async def openapi(self, request: web.Request) -> web.Response:
        """Return the description of the API."""
        return web.Response(body=self._description, content_type="application/json")

    async def board(self, request: web.Request) -> web.Response:
        """Return the board of now, or of the instant that ``?at=`` asks for."""
        window = request.query.get("window")
        if "at" in request.query:
            named = None if window is None else window[:64]
            selection = Selection(named, self._kpis_asked(request), _lists_asked(request))
            return await self._past.board(request, selection)
        if window is None or window in self._feed.board().windows:
            _, body = await self._feed.newest(self.selection(request))
            return web.Response(body=body, content_type="application/json")
        try:
            asked = self._view.board_of(window[:64])
        except ValueError as error:
            text, _, fix = str(error).partition(": ")
            raise RequestError(400, text, fix or "ask for a window such as 45m") from None
        selection = Selection(window, self._kpis_asked(request), _lists_asked(request))
        return json_answer(self._feed.shown(asked, selection))

    async def kpis(self, request: web.Request) -> web.Response:
        """Return the catalogue."""
        return json_answer(
            {"kpis": [describe(kpi, self._references) for kpi in self._catalogue.values()]}
        )

    async def pages(self, request: web.Request) -> web.Response:
        """Return the pages of the wallboard."""
        return json_answer({"pages": self._pages})

    async def kpi(self, request: web.Request) -> web.Response:
        """Return one KPI over all windows and rows."""
        name = request.match_info["id"]
        found = self._catalogue.get(name)
        if found is None:
            raise self._unknown_kpi(name, 404)
        return json_answer(
            {"kpi": describe(found, self._references), **kpi_json(self._feed.board(), name)}
        )

    async def queues(self, request: web.Request) -> web.Response:
        """Return the queues with their settings and their live numbers."""
        board = self._feed.board()
        live = [name for name, kpi in self._catalogue.items() if kpi.kind == "N"]
        # Live KPIs are the same in every window.
        rows = next(iter(board.windows.values()), None)
        pairs = rows.pairs if rows is not None else {}
        queues = settings_json(board, self._min_sample)["queues"]
        for entry in queues:
            values = pairs.get((entry["queue"], entry["channel"]), {})
            entry["live"] = kpis_json(values, live)
            entry["contacts"] = contacts_address(entry["queue"])
        return json_answer({**header_json(board), "queues": queues})

    async def contacts(self, request: web.Request) -> web.Response:
        """Return the contacts behind the live numbers of a queue."""
        queue = request.match_info["queue"]
        board = self._feed.board()
        if queue not in {name for name, _ in board.pairs}:
            raise unknown_queue(queue)
        contacts = self._view.contacts(queue)[:MAX_CONTACTS_LISTED]
        return json_answer(
            {
                **header_json(board),
                "queue": queue,
                "limit": MAX_CONTACTS_LISTED,
                "contacts": contacts,
            }
        )

    def _unknown_kpi(self, name: str, status: int) -> RequestError:
        return RequestError(
            status,
            f"there is no KPI {quoted(name)}",
            "GET /api/kpis lists the ids, for example " + ", ".join(list(self._catalogue)[:3]),
        )


def _lists_asked(request: web.Request) -> tuple[str, ...] | None:
    """Return the lists of rows that ``?rows=`` asks for; ``total`` alone is none of them."""
    asked = request.query.get("rows")
    if asked is None:
        return None
    lists = tuple(name for name in dict.fromkeys(asked.split(",")) if name not in ("", "total"))
    for name in lists:
        if name not in ROW_LISTS:
            raise RequestError(
                400, f"there are no rows {quoted(name)}", f"use some of {', '.join(ROW_LISTS)}"
            )
    return lists


def describe(kpi: Kpi, references: References = NORMS) -> dict[str, Any]:
    """Return a KPI of the catalogue for JSON.

    With the page of the wallboard that shows it, the path of its n, the norms that it may be held
    against, and its variants where they have formulas.
    """
    page = page_of(kpi)
    described: dict[str, Any] = {
        "id": kpi.id,
        "unit": kpi.unit,
        "kind": kpi.kind,
        "labels": list(kpi.labels),
        "direction": kpi.direction,
        "group": kpi.group,
        "english": kpi.english,
        "french": kpi.french,
        "formula": kpi.formula,
        "page": page.id if page is not None else None,
        "sample": SAMPLES.get(kpi.id) or AT_MOST.get(kpi.id),
        "sample_is_bound": kpi.id in AT_MOST,
        "references": dict(references.get(kpi.id, {})),
    }
    if kpi.id == "service_level":
        described["variants"] = [
            {"label": label, "code": code, "formula": formula}
            for label, (code, formula) in SERVICE_LEVEL_VARIANTS.items()
        ]
    return described
