"""The image of vigie: what its recipe may do, and that all that runs gets into it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.receiver import Answer, receiving
from tests.compose.dockerfile import Step, health_command, sent_to_builder, steps
from tests.compose.stack_files import ROOT, services

DOCKERFILE = (ROOT / "Dockerfile").read_text()
ROOMS = ("aggregators", "streams", "exporters", "alerts", "vigie")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _last_stage(found: list[Step]) -> list[Step]:
    return [step for step in found if step.stage == found[-1].stage]


def _runs(found: list[Step]) -> list[str]:
    return [step.text for step in found if step.word == "RUN"]


def pinned_base(found: list[Step]) -> bool:
    """Both stages start from one named version."""
    bases = {step.text.split()[0] for step in found if step.word == "FROM"}
    given = [step.text for step in found if step.stage == -1 and step.word == "ARG"]
    return bases == {"${PYTHON}"} and any(
        re.fullmatch(r"PYTHON=python:\d+\.\d+\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", text)
        for text in given
    )


def two_stages(found: list[Step]) -> bool:
    """What builds stays behind: the last stage takes one folder of the first."""
    copied = [step.text for step in _last_stage(found) if step.word == "COPY"]
    return found[-1].stage == 1 and copied == ["--from=build /opt/vigie /opt/vigie"]


def no_build_tools(found: list[Step]) -> bool:
    """Neither pip nor setuptools is in the result, no compiler is ever installed."""
    text = "\n".join(_runs(found))
    return (
        "/opt/vigie/bin/pip uninstall --yes setuptools pip" in text
        and any("pip uninstall --yes" in run for run in _runs(_last_stage(found)))
        and "apt-get" not in text
    )


def everything_by_hash(found: list[Step]) -> bool:
    """Packages come from the lock with their hashes, or from nowhere."""
    installs = re.findall(r"pip install (.*?)(?:&&|$)", " && ".join(_runs(found)))
    return bool(installs) and all("--require-hashes" in i or "--no-index" in i for i in installs)


def nothing_from_addresses(found: list[Step]) -> bool:
    """No ADD, no download by hand."""
    return not any(step.word == "ADD" for step in found) and not any(
        re.search(r"\b(curl|wget)\b|https?://", run) for run in _runs(found)
    )


def not_root(found: list[Step]) -> bool:
    """The user by number, after which nothing is run any more."""
    words = [step.word for step in _last_stage(found)]
    users = [step.text for step in _last_stage(found) if step.word == "USER"]
    return users == ["10001:10001"] and "RUN" not in words[words.index("USER") :]


def no_secret(found: list[Step]) -> bool:
    """None is named among what an image remembers."""
    kept = [step.text for step in found if step.word in ("ARG", "ENV", "LABEL")]
    return not any(re.search(r"pass|secret|token", text, re.IGNORECASE) for text in kept)


def writes_to_tmp_only(found: list[Step]) -> bool:
    """Libraries that keep something do so in /tmp, as the rest is read-only."""
    text = " ".join(step.text for step in _last_stage(found) if step.word == "ENV")
    return all(
        setting in text
        for setting in ("HOME=/tmp", "MPLCONFIGDIR=/tmp/", "PYTHONDONTWRITEBYTECODE=1")
    )


def starts_vigie(found: list[Step]) -> bool:
    """As a list, so that signals reach it."""
    said = {step.word: step.text for step in _last_stage(found)}
    return (said["ENTRYPOINT"], said["CMD"]) == ('["vigie"]', '["worker"]')


Rule = Callable[[list[Step]], bool]
RULES: list[tuple[Rule, str, str]] = [
    (pinned_base, "python:3.13.9-slim-bookworm\n", "python:3\n"),
    (two_stages, "COPY --from=build /opt/vigie /opt/vigie", "COPY . /opt/vigie"),
    (no_build_tools, "uninstall --yes setuptools pip", "uninstall --yes setuptools"),
    (everything_by_hash, "install --require-hashes", "install"),
    (nothing_from_addresses, "COPY . .", "ADD https://example.org/x.tar.gz ."),
    (not_root, "USER 10001:10001", "USER root"),
    (no_secret, "PYTHONUNBUFFERED=1", "VIGIE_WEB__TOKEN=x"),
    (writes_to_tmp_only, "MPLCONFIGDIR=/tmp/", "MPLCONFIGDIR=/opt/"),
    (starts_vigie, 'ENTRYPOINT ["vigie"]', "ENTRYPOINT vigie"),
]


@pytest.mark.parametrize(
    ("rule", "good", "bad"), RULES, ids=lambda part: getattr(part, "__name__", "")
)
def test_the_recipe_keeps_to_its_rules(rule: Rule, good: str, bad: str) -> None:
    """And each rule notices when it is broken."""
    assert rule(steps(DOCKERFILE)), rule.__doc__
    broken = DOCKERFILE.replace(good, bad)
    assert broken != DOCKERFILE
    assert not rule(steps(broken)), rule.__doc__


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_asks_whether_the_numbers_count(status: int, code: int) -> None:
    """A worker that still restores its shards is not healthy yet."""
    python, *arguments = health_command(DOCKERFILE)
    assert python == "python"
    with receiving(Answer(status=status)) as worker:
        asked = [word.replace("8080", str(worker.port)) for word in arguments]
        done = subprocess.run([sys.executable, *asked], capture_output=True, text=True)
        assert [request.path for request in worker.requests] == ["/readyz"]
    assert done.returncode == code, done.stderr


def test_the_versions_are_those_of_the_project() -> None:
    """Of the label, of the image's name, of the Kafka that the tests run."""
    version = PROJECT["version"]
    assert f"ARG VERSION={version}\n" in DOCKERFILE
    ours = {name: about["image"] for name, about in services().items() if "build" in about}
    assert ours == dict.fromkeys(("topics", "worker", "simulator"), f"vigie:{version}")
    pom = (ROOT / "tests" / "kafka" / "pom.xml").read_text()
    (tested,) = set(re.findall(r"<kafka.version>(.*?)</kafka.version>", pom)) or set(
        re.findall(r"kafka-server</artifactId>\s*<version>(.*?)</version>", pom)
    )
    assert services()["kafka"]["image"] == f"apache/kafka:{tested}"


def test_no_secret_and_no_test_goes_to_the_builder() -> None:
    """Only what the wheel is made of."""
    sent = sent_to_builder()
    assert {path.parts[0] for path in sent} == {
        *ROOMS, "requirements", "pyproject.toml", "README.md", "LICENSE",
    }  # fmt: skip
    assert not [path for path in sent if path.suffix in (".pyc", ".env", ".pem", ".key")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as the recipe builds it, from what goes to the builder, unpacked."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for path in sent_to_builder():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, source / path)
    made = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check",
         "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", built, "."],
        cwd=source, capture_output=True, text=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    (one,) = built.glob("*.whl")
    with zipfile.ZipFile(one) as archive:
        archive.extractall(built / "installed")
    return built / "installed"


def test_every_file_of_the_rooms_is_in_the_wheel(wheel: Path) -> None:
    """The pages, the rules of alerts and whatever else is no Python."""
    sent = {path for path in sent_to_builder() if path.parts[0] in ROOMS}
    assert Path("exporters/wallboard/index.html") in sent
    assert Path("alerts/default_rules.yaml") in sent
    assert {path for path in sent if not (wheel / path).is_file()} == set()


def test_the_wheel_runs_by_itself(wheel: Path, tmp_path: Path) -> None:
    """Far from the repository: the command line, the shipped rules, the page."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    code = (
        "import vigie, alerts.export; from exporters.http.page import page_routes;"
        "from vigie.cli import run; from vigie.alert_plan import DEFAULT_RULES as rules;"
        "print(vigie.__file__, bool(page_routes()));"
        "raise SystemExit(run(['alerts', 'check', str(rules)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**env, "PYTHONPATH": str(wheel)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{wheel / 'vigie' / '__init__.py'} True\n")
