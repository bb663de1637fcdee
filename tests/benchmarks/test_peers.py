"""The benchmark of the peers: who takes part, what counts as a run, and what the page says."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from benchmarks.centre import Sent
from benchmarks.measures import Machine
from benchmarks.peers import environment, maven
from benchmarks.peers.figures import PeerRun, Peers
from benchmarks.peers.lineup import LINEUP, Lap, ask, checked, chosen, order
from benchmarks.report_peers import peers_lines, peers_plot, peers_section, peers_table
from benchmarks.stage import BenchmarkError

LAP = Lap("127.0.0.1:9", "bytewax-1", Sent({"calls": 900, "agents": 100}, 250_000, 60.0))
STANDALONE = {"quix_count": {"quixstreams"}, "bytewax_fold": {"bytewax", "orjson"}}


def ran(wall_s: float, cells: int | None = 7) -> PeerRun:
    """A thousand events, on the CPU half of the time."""
    return PeerRun(wall_s=wall_s, cpu_s=wall_s / 2, events=1_000, cells=cells, peak_mib=99)


def figures(**runs: list[PeerRun]) -> Peers:
    """Two rounds of these peers."""
    names = [name.replace("_", "-") for name in runs]
    return Peers(
        machine=Machine(
            cpu="A processor",
            cores=2,
            memory_gib=8,
            system="Linux x86_64",
            python="CPython 3.11.2",
            versions={"faust-streaming": "0.15.3"},
        ),
        taken_at="2026-01-02",
        load_per_core=0.1,
        events_by_topic={"calls": 900, "agents": 100},
        value_bytes=250_000,
        span_s=3_600.0,
        partitions=4,
        window_s=60,
        cells=7,
        versions={"bytewax": "0.21", "quixstreams": "3", "Kafka Streams": "4.1", "Java": "17"},
        orders=[order(names, 1), order(names, 2)],
        runs=dict(zip(names, runs.values(), strict=True)),
    )


@pytest.fixture
def found() -> Peers:
    """vigie is twice as fast as Kafka Streams in one round, and three times in the other."""
    return figures(
        bare=[ran(0.01, None), ran(0.02, None)],
        vigie=[ran(0.04, None), ran(0.04, None)],
        vigie_compiled=[ran(0.03, None), ran(0.02, None)],
        kafka_streams=[ran(0.08), ran(0.12)],
        bytewax=[ran(0.02), ran(0.02)],
        quix=[ran(0.2), ran(0.2)],
        faust=[ran(1.0), ran(1.0)],
    )


def test_a_ratio_is_of_the_same_round(found: Peers) -> None:
    """Noise of the machine hits all peers of a round, so they are compared with each other."""
    assert found.ratios("vigie") == [pytest.approx(0.25), pytest.approx(0.5)]
    assert found.cpu_ratios("vigie", "kafka-streams") == [pytest.approx(2.0), pytest.approx(3.0)]
    assert figures(vigie=[ran(0.1)]).ratios("vigie") == []


def test_the_table_says_the_ratio_to_the_bare_loop_first(found: Peers) -> None:
    """Then median, lowest and highest of the rounds, and the same per second of CPU."""
    lines = peers_table(found).splitlines()
    assert [cell.strip() for cell in lines[0].split("|")[2:5]] == [
        "of the bare loop", "events/s", "lowest",
    ]  # fmt: skip
    assert [cell.strip() for cell in lines[5].split("|")[1:-1]] == [
        "Kafka Streams", "0.146", "10,417", "8,333", "12,500", "20,833", "0.146", "0.50", "99",
    ]  # fmt: skip
    assert len(lines) == 2 + len(LINEUP)


def test_vigie_is_ahead_of_a_peer_or_the_page_says_that_it_is_not(found: Peers) -> None:
    """2.5 times Kafka Streams is well, half of Bytewax is not."""
    said = peers_lines(found).splitlines()
    assert said[0] == (
        "* Kafka Streams: vigie, all KPI groups, folds 2.50 times the events per second "
        "(2.00 to 3.00 by round), 2.50 times those per second of CPU (aim: ahead of it, kept)."
    )
    assert said[1].startswith("* Kafka Streams: vigie, core compiled, folds 4.33 times")
    assert said[2].endswith("0.50 times those per second of CPU (aim: ahead of it, **not kept**).")
    assert len(said) == 8
    assert peers_lines(figures(bare=[ran(0.1)], faust=[ran(0.1)])) == ""


def test_the_section_wants_all_of_them(found: Peers) -> None:
    """A page with a peer left out would look as if there were none."""
    text = peers_section(found)
    assert "*Kafka Streams* 4.1 on Java 17" in text
    assert "{" not in text
    with pytest.raises(BenchmarkError, match="lack vigie-compiled, kafka-streams, bytewax"):
        peers_section(figures(bare=[ran(0.1)], vigie=[ran(0.1)]))


def test_the_same_figures_draw_the_same_picture(found: Peers) -> None:
    """No date and no chance in it."""
    picture = peers_plot(found)
    assert picture == peers_plot(found)
    assert b"<svg" in picture
    assert picture != peers_plot(figures(bare=[ran(0.1)], vigie=[ran(0.1)]))


def test_each_round_begins_with_another_peer() -> None:
    """And every second one runs backwards: nobody has always the same one before."""
    names = ["a", "b", "c"]
    assert [order(names, number) for number in (1, 2, 3, 4)] == [
        ["a", "b", "c"], ["b", "a", "c"], ["c", "a", "b"], ["c", "b", "a"],
    ]  # fmt: skip


def test_a_run_that_lost_or_doubled_an_event_is_void() -> None:
    """Neither too few, nor too many, nor in a wrong window."""
    assert checked(ran(1.0), LAP, 7).cells == 7
    assert checked(ran(1.0, None), LAP, 7).cells is None
    for wrong in (999, 1_001):
        with pytest.raises(BenchmarkError, match=f"counted {wrong:,} events, 1,000 were sent"):
            checked(msgspec.structs.replace(ran(1.0), events=wrong), LAP, 7)
    with pytest.raises(BenchmarkError, match="holds 8 keys and windows, not 7"):
        checked(ran(1.0, 8), LAP, 7)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import sys; sys.exit('no broker')", "failed with code 1:\nno broker"),
        ("print('{}')", "ended with '{}'"),
        ("pass", "failed with code 0"),
    ],
)
def test_a_peer_that_tells_no_figures_is_an_error(script: str, said: str) -> None:
    """Whatever it does instead is shown."""
    with pytest.raises(BenchmarkError) as error:
        ask([sys.executable, "-c", script], LAP)
    assert said in str(error.value)


def test_only_leaves_out_the_others_and_knows_the_names() -> None:
    """A typing error runs nothing."""
    assert [peer.name for peer in chosen("faust, bare")] == ["bare", "faust"]
    assert chosen(None) == list(LINEUP)
    with pytest.raises(BenchmarkError, match="no peer is called flink; there are: bare, vigie"):
        chosen("bare,flink")


@pytest.mark.parametrize("name", STANDALONE)
def test_a_peer_with_its_own_environment_needs_nothing_of_vigie(
    name: str, repository: Path
) -> None:
    """Its library, the standard library and the stop watch, which needs the latter alone."""
    folder = repository / "benchmarks" / "peers"
    own = STANDALONE[name] | {"benchmarks.peers.stopwatch"}
    assert imported(folder / f"{name}.py") - set(sys.stdlib_module_names) == own
    assert imported(folder / "stopwatch.py") <= set(sys.stdlib_module_names)


def imported(path: Path) -> set[str]:
    """Packages that a file imports; modules of the benchmarks by their whole name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            names.add(node.module or "")
    return {name if name.startswith("benchmarks") else name.split(".")[0] for name in names}


def test_the_lock_of_the_peers_has_one_version_and_hashes(repository: Path) -> None:
    """What is measured is known beforehand, and so is what is installed for it."""
    text = environment.LOCK.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip()]
    for line in lines:
        assert re.match(r"[a-z0-9-]+==[^ ]+ .*--hash=sha256:[0-9a-f]{64}", line), line
    locked = {line.partition("==")[0] for line in lines}
    wanted = environment.LOCK.with_suffix(".in").read_text(encoding="utf-8")
    assert set(re.findall(r"^[a-z]+", wanted, re.MULTILINE)) <= locked


def test_a_peer_that_cannot_be_installed_is_one_clear_line(tmp_path: Path) -> None:
    """And nothing claims to be installed afterwards."""
    lock = tmp_path / "peers.txt"
    lock.write_text(f"--no-index\nnot-there==1 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(BenchmarkError) as error:
            environment.ensure(tmp_path / "venv", lock)
        assert "cannot be installed" in str(error.value)
        assert "not-there" in str(error.value)
        assert "\n" not in str(error.value)


def test_of_maven_the_first_error_is_told() -> None:
    """Without its colours; the rest repeats it."""
    printed = (
        "\x1b[1mINFO\x1b[m\n[\x1b[1;31mERROR\x1b[m] \n[\x1b[1;31mERROR\x1b[m] no jar\n[ERROR] x"
    )
    assert maven.first_error(printed) == "no jar"
    assert maven.first_error("") == "it does not say why"


def run(repository: Path, *options: str) -> str:
    """Run the benchmark as a reader would; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peers", *options],
        cwd=repository,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def smoke(repository: Path, kept: Path, only: list[str], events: int) -> Peers:
    """One small round of some; everybody counted everything."""
    options = ("--events", str(events), "--rounds", "1", "--only", ",".join(only))
    printed = run(repository, *options, "--json", str(kept))
    found = msgspec.json.decode(kept.read_bytes(), type=Peers)
    assert found.orders == [[peer.name for peer in LINEUP if peer.name in only]]
    assert set(found.runs) == set(only)
    for peer in LINEUP:
        assert (f"| {peer.title} " in printed) is (peer.name in only)
    assert [run.events for runs in found.runs.values() for run in runs] == [events] * len(only)
    assert all(run.wall_s > 0 and run.cpu_s > 0 for runs in found.runs.values() for run in runs)
    return found


@pytest.mark.component
def test_vigie_runs_beside_the_bare_loop_and_a_faust_table(
    repository: Path, tmp_path: Path
) -> None:
    """Those that need nothing more than vigie itself."""
    found = smoke(repository, tmp_path / "peers.json", ["bare", "vigie", "faust"], 3_000)
    assert found.runs["faust"][0].cells == found.cells > 100
    assert found.ratios("bare") == [1.0]
    assert found.ratios("vigie")[0] > 0


@pytest.mark.component
@pytest.mark.downloads
def test_the_peers_that_are_installed_and_built_first_count_every_event(
    repository: Path, tmp_path: Path
) -> None:
    """From the package indexes into build/, then the same events into the same windows."""
    only = ["kafka-streams", "bytewax", "quix"]
    found = smoke(repository, tmp_path / "peers.json", only, 3_000)
    assert {run.cells for runs in found.runs.values() for run in runs} == {found.cells}
    assert set(found.versions) == {"Kafka Streams", "Java", "bytewax", "quixstreams"}
    assert found.ratios("quix") == []


def test_the_picture_is_what_the_kept_figures_say(repository: Path) -> None:
    """No bar of it was drawn by hand."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.report_peers", "--check"],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
