"""The JSON API over a real socket."""

from __future__ import annotations

import pytest

from aggregators.kpis.catalogue import CATALOGUE
from aggregators.kpis.groups import FACETS
from aggregators.kpis.service_level import VARIANTS
from exporters.headline import parse_headlines
from exporters.http.app import ServeError, WebOptions, build_web_app, serve
from exporters.http.board_json import instant
from exporters.http.variants import SERVICE_LEVEL_VARIANTS
from tests.exporters.full_centre import FullCentre
from tests.exporters.little_centre import NOON_MS, LittleCentre, busy_centre
from tests.exporters.served import client_of


async def test_the_board_has_the_agreed_shape() -> None:
    """Freshness, mode, windows by row and settings stand where clients look for them."""
    centre = LittleCentre()
    centre.set("sales", service_level=2 / 3)
    async with client_of(build_web_app(centre)) as client:
        answer = await client.get("/api/board")
        board = await answer.json()
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert (board["as_of"], board["as_of_ms"]) == ("2026-01-05T12:00:00Z", NOON_MS)
    assert board["data_up_to_ms"] == NOON_MS - 1_200
    assert board["data_age_ms"] == 1_200
    assert board["complete"] is True
    assert board["mode"] == "live"
    assert set(board["windows"]["15m"]) == {"total", "queues", "channels", "teams", "pairs"}
    row = board["windows"]["15m"]["pairs"][0]
    assert (row["queue"], row["channel"]) == ("sales", "voice")
    assert row["kpis"]["service_level"]["abandons_negative"] == 0.666667
    assert row["kpis"]["service_level"]["genesys"] is None
    assert board["settings"] == {
        "queues": [
            {
                "queue": "sales",
                "channel": "voice",
                "threshold_ms": 90_000,
                "target": 0.8,
                "short_limit_ms": 10_000,
                "headline_variant": "abandons_negative",
            }
        ],
        "min_sample": 20,
        "headline": [],
        "currency": "",
    }


async def test_a_board_can_be_asked_for_one_window_and_some_kpis() -> None:
    """``window`` and ``kpis`` cut the answer, they change no number."""
    async with client_of(build_web_app(busy_centre())) as client:
        answer = await client.get("/api/board?window=today&kpis=contacts_waiting,asa_seconds")
        board = await answer.json()
    assert list(board["windows"]) == ["today"]
    assert board["windows"]["today"]["total"] == {
        "contacts_waiting": 52,
        "asa_seconds": {"queue": 33.333333},
    }


@pytest.mark.parametrize(
    ("path", "status", "error", "fix"),
    [
        ("/api/board?window=7w", 400, "unknown window '7w'", "write a length such as"),
        ("/api/board?kpis=nonsense", 400, "there is no KPI 'nonsense'", "GET /api/kpis lists"),
        ("/api/kpis/nonsense", 404, "there is no KPI 'nonsense'", "GET /api/kpis lists"),
        ("/api/queues/nobody/contacts", 404, "there is no queue 'nobody'", "GET /api/queues"),
        ("/api/nothing", 404, "not found", "GET /api/ lists every address"),
        ("/static/../app.py", 404, "not found", "GET /api/ lists every address"),
        ("/static/index.py", 404, "not found", "GET /api/ lists every address"),
    ],
)
async def test_an_error_says_what_is_wrong_and_what_to_do(
    path: str, status: int, error: str, fix: str
) -> None:
    """Every error is JSON with ``error`` and ``fix``."""
    async with client_of(build_web_app(busy_centre())) as client:
        answer = await client.get(path)
        said = await answer.json()
    assert answer.status == status
    assert said["error"] == error
    assert said["fix"].startswith(fix)


async def test_only_reading_is_allowed() -> None:
    """A POST is refused as JSON and told which methods there are."""
    async with client_of(build_web_app(busy_centre())) as client:
        answer = await client.post("/api/board", data=b"x")
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET,HEAD"
        assert await answer.json() == {
            "error": "method not allowed",
            "fix": "use GET here",
        }


async def test_a_failure_inside_shows_no_reason_outside() -> None:
    """What was not foreseen is logged; the answer is generic."""
    centre = busy_centre()
    centre.broken = True
    async with client_of(build_web_app(centre)) as client:
        answer = await client.get("/api/board")
        text = await answer.text()
    assert answer.status == 500
    assert "secret" not in text
    assert "Traceback" not in text


async def test_a_kpi_comes_with_its_formula_over_all_rows() -> None:
    """One KPI: description, and a value or null for every window and row."""
    async with client_of(build_web_app(busy_centre())) as client:
        said = await (await client.get("/api/kpis/longest_wait_seconds")).json()
    assert said["kpi"]["formula"] == CATALOGUE["longest_wait_seconds"].formula
    assert said["windows"]["5m"]["queues"]["Technical support"] == 187.0
    assert said["windows"]["5m"]["queues"]["Fraud line"] is None
    assert {"queue": "Sales", "channel": "voice", "value": 8.0} in said["windows"]["5m"]["pairs"]


async def test_the_catalogue_lists_every_kpi_and_every_service_level_formula() -> None:
    """The catalogue is the core's, with all names of the service level."""
    async with client_of(build_web_app(busy_centre())) as client:
        kpis = (await (await client.get("/api/kpis")).json())["kpis"]
    assert [kpi["id"] for kpi in kpis] == list(CATALOGUE)
    level = next(kpi for kpi in kpis if kpi["id"] == "service_level")
    assert [variant["label"] for variant in level["variants"]] == list(VARIANTS)
    assert list(SERVICE_LEVEL_VARIANTS) == list(VARIANTS)


async def test_queues_lead_to_the_contacts_behind_their_numbers() -> None:
    """Any queue name can be followed, also one with a slash and accents."""
    centre = busy_centre()
    centre.set("Été / nuit", "chat")
    centre.waiting_contacts["Été / nuit"] = [
        {
            "contact_id": "c-1", "leg_id": "l-1", "state": "waiting", "since_ms": NOON_MS - 9_000,
            "wait_ms": 9_000, "agent_id": None, "channel": "chat", "motive": None, "priority": 2,
        }
    ]  # fmt: skip
    async with client_of(build_web_app(centre)) as client:
        queues = (await (await client.get("/api/queues")).json())["queues"]
        entry = next(queue for queue in queues if queue["queue"] == "Été / nuit")
        said = await (await client.get(entry["contacts"])).json()
    assert entry["live"]["contacts_waiting"] == 3
    assert "service_level" not in entry["live"]
    assert said["queue"] == "Été / nuit"
    assert said["contacts"] == centre.waiting_contacts["Été / nuit"]


async def test_never_more_than_200_contacts_are_listed() -> None:
    """The list is bounded whatever the view gives."""
    centre = busy_centre()
    centre.waiting_contacts["Billing"] = [
        {
            "contact_id": f"c-{n}", "leg_id": "l", "state": "waiting", "since_ms": NOON_MS,
            "wait_ms": 0, "agent_id": None, "channel": "voice", "motive": None, "priority": None,
        }
        for n in range(300)
    ]  # fmt: skip
    async with client_of(build_web_app(centre)) as client:
        said = await (await client.get("/api/queues/Billing/contacts")).json()
    assert said["limit"] == 200
    assert len(said["contacts"]) == 200


async def test_metrics_are_handed_out_as_their_writer_says() -> None:
    """The Accept header goes in, content type and body come out unchanged."""
    kind = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    def expose(accept: str) -> tuple[str, bytes]:
        return kind, f"# {accept}\n".encode()

    app = build_web_app(busy_centre(), collector_routes={"/metrics/kpi": expose})
    async with client_of(app) as client:
        answer = await client.get(
            "/metrics/kpi", headers={"Accept": "application/openmetrics-text"}
        )
        assert answer.headers["Content-Type"] == kind
        assert await answer.read() == b"# application/openmetrics-text\n"
        assert (await client.get("/metrics")).status == 404


def test_an_unknown_metrics_address_is_refused_at_once() -> None:
    """A wrong address is a mistake of the caller, told when the application is built."""
    with pytest.raises(ValueError, match="/metric is no metrics address; use one of /metrics"):
        build_web_app(busy_centre(), collector_routes={"/metric": lambda accept: ("", b"")})


async def test_a_port_in_use_is_said_in_one_line() -> None:
    """The error names the address and what to do."""
    first = await serve(build_web_app(busy_centre()), port=0)
    try:
        with pytest.raises(ServeError, match=r"cannot listen on 127\.0\.0\.1:\d+ .*another port"):
            await serve(build_web_app(busy_centre()), port=first.port)
    finally:
        await first.close()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:8080"),
        ("::1", "http://[::1]:8080"),
        ("localhost", "http://localhost:8080"),
    ],
)
def test_the_address_shown_can_be_opened(host: str, url: str) -> None:
    """All interfaces is shown as the loopback address."""
    from aiohttp import web

    from exporters.http.app import WebServer

    assert WebServer(web.AppRunner(web.Application()), host, 8080).url == url


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_389_000_600_000, "2014-01-06T09:30:00Z"),
        (1_389_000_600_007, "2014-01-06T09:30:00.007Z"),
    ],
)
def test_an_instant_shows_milliseconds_only_when_there_are_some(time_ms: int, text: str) -> None:
    """Instants are ISO 8601 in UTC."""
    assert instant(time_ms) == text


def test_an_empty_token_is_refused() -> None:
    """A token that guards nothing is a mistake in the settings."""
    with pytest.raises(ValueError, match="the token is empty"):
        build_web_app(busy_centre(), options=WebOptions(token=" "))


async def test_any_window_can_be_asked_for() -> None:
    """A length that is not in the settings is computed when somebody asks."""
    centre = LittleCentre()
    centre.set_total(waiting=3)
    async with client_of(build_web_app(centre)) as client:
        answer = await client.get("/api/board?window=45m&kpis=contacts_waiting")
        board = await answer.json()
    assert list(board["windows"]) == ["45m"]
    assert board["windows"]["45m"]["total"] == {"contacts_waiting": 3}


async def test_rows_by_survey_tool_and_the_like_are_lists_of_their_own() -> None:
    """Each where it has facts, and of a KPI asked for only the rows that have it."""
    async with client_of(build_web_app(FullCentre())) as client:
        rows = (await (await client.get("/api/board?window=today")).json())["windows"]["today"]
        some = (await (await client.get("/api/board?window=today&kpis=nps")).json())["windows"]
        one = (await (await client.get("/api/kpis/nps")).json())["windows"]["today"]
    assert set(FACETS.values()) <= set(rows)
    assert list(rows["surveys"]) == ["after_call", "after_chat", "faq_helpful", "yearly"]
    assert set(rows["surveys"]["yearly"]) == {
        kpi.id for kpi in CATALOGUE.values() if kpi.group == "satisfaction"
    }
    assert "tools" not in some["today"]
    assert list(some["today"]["surveys"]["yearly"]) == ["nps"]
    assert one["surveys"]["yearly"] == rows["surveys"]["yearly"]["nps"]
    assert one["total"] == rows["total"]["nps"]
    assert "tools" not in one


async def test_lists_of_rows_can_be_asked_for() -> None:
    """``rows`` cuts the answer; the total is always there; an unknown list is refused."""
    async with client_of(build_web_app(FullCentre())) as client:
        address = "/api/board?window=today&kpis=nps&rows="
        some = await (await client.get(f"{address}surveys,pairs")).json()
        none = await (await client.get(address)).json()
        refused = await client.get("/api/board?rows=survey")
        said = await refused.json()
    assert set(some["windows"]["today"]) == {"total", "surveys", "pairs"}
    assert set(none["windows"]["today"]) == {"total"}
    assert refused.status == 400
    assert said["error"] == "there are no rows 'survey'"
    assert said["fix"].startswith("use some of queues, channels, teams, pairs, agents, motives")


async def test_a_page_of_the_wallboard_carries_a_small_part_of_the_board() -> None:
    """What is pushed every second is a fraction of everything."""
    async with client_of(build_web_app(FullCentre())) as client:
        whole = len(await (await client.get("/api/board")).read())
        pages = (await (await client.get("/api/pages")).json())["pages"]
        for page in pages:
            query = f"window=today&kpis={','.join(page['kpis'])}&rows={','.join(page['rows'])}"
            answer = await client.get(f"/api/board?{query}")
            assert answer.status == 200
            assert len(await answer.read()) < whole / 8, page["id"]


async def test_the_catalogue_says_page_n_and_norms_of_a_kpi() -> None:
    """What the wallboard shows around a figure comes with it; norms may be replaced."""
    options = WebOptions(references={"nps": {"banking": 37}})
    async with client_of(build_web_app(FullCentre(), options=options)) as client:
        kpis = (await (await client.get("/api/kpis")).json())["kpis"]
    found = {kpi["id"]: kpi for kpi in kpis}
    assert found["nps"]["page"] == "satisfaction"
    assert found["nps"]["sample"] == "survey_answers.nps"
    assert found["nps"]["references"] == {"banking": 37}
    assert found["contacts_waiting"]["sample"] is None
    assert found["contacts_waiting"]["references"] == {}


async def test_the_board_names_the_chosen_kpis_and_the_currency() -> None:
    """A report leads with the same figures as the wallboard."""
    options = WebOptions(headline=parse_headlines(["nps", "csat", "ces"]), currency="CHF")
    async with client_of(build_web_app(FullCentre(), options=options)) as client:
        settings = (await (await client.get("/api/board?kpis=nps")).json())["settings"]
    assert [one["kpi"] for one in settings["headline"]] == ["nps", "csat", "ces"]
    assert settings["currency"] == "CHF"
