"""What every service of the stack must keep to: one rule, one line, one way to break it.

A rule looks at one service, with the whole file beside it, and returns what is wrong or nothing.
``breaks`` spoils a service that keeps to the rule, for the test that shows the rule to bite.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

Service = dict[str, Any]
Look = Callable[[Service, dict[str, Any]], str | None]


class Rule(NamedTuple):
    """One rule of the table."""

    name: str
    look: Look
    breaks: Callable[[Service], object]


SECRET_LIKE = re.compile(r"pass|secret|token|key|credential", re.IGNORECASE)
PINNED = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+\.\d+[a-z0-9.-]*(@sha256:[0-9a-f]{64})?")


def is_one_shot(service: Service) -> bool:
    """A service that does its work and ends."""
    return service.get("restart") in ("no", "on-failure")


def _environment(service: Service) -> dict[str, str]:
    given = service.get("environment") or {}
    if isinstance(given, dict):
        return {name: str(value) for name, value in given.items()}
    return dict(line.partition("=")[::2] for line in given)


def _ports(service: Service) -> list[str]:
    return [str(port) for port in service.get("ports", ())]


def _privileges(service: Service, _: dict[str, Any]) -> str | None:
    options = service.get("security_opt", ())
    return None if "no-new-privileges:true" in options else "may gain privileges"


def _user(service: Service, _: dict[str, Any]) -> str | None:
    user = str(service.get("user", ""))
    return None if re.fullmatch(r"[1-9]\d*:\d+", user) else f"runs as {user or 'whoever'!r}"


def _tmpfs(service: Service, _: dict[str, Any]) -> str | None:
    unbounded = [mount for mount in service.get("tmpfs", ()) if "size=" not in mount]
    return f"unbounded {unbounded}" if unbounded else None


def _ports_on_loopback(service: Service, _: dict[str, Any]) -> str | None:
    wrong = [port for port in _ports(service) if not port.startswith("127.0.0.1:")]
    return f"open to others: {wrong}" if wrong else None


def _published_from_front(service: Service, _: dict[str, Any]) -> str | None:
    if _ports(service) and "front" not in service["networks"]:
        return "publishes a port without the network front"
    return None


def _scalable(service: Service, _: dict[str, Any]) -> str | None:
    if "container_name" in service or "hostname" in service:
        return "has a name that only one container can have"
    return None


def _no_docker_socket(service: Service, _: dict[str, Any]) -> str | None:
    wrong = [v for v in service.get("volumes", ()) if "docker.sock" in v or v.startswith("/")]
    return f"sees the host: {wrong}" if wrong else None


def _host_namespaces(service: Service, _: dict[str, Any]) -> str | None:
    names = ("network_mode", "pid", "ipc", "userns_mode", "cgroup_parent", "devices", "cap_add")
    wrong = [name for name in names if name in service]
    return f"shares with the host: {wrong}" if wrong else None


def _config_read_only(service: Service, _: dict[str, Any]) -> str | None:
    wrong = [v for v in service.get("volumes", ()) if v.startswith(".") and not v.endswith(":ro")]
    return f"can change {wrong}" if wrong else None


def _volumes_named(service: Service, whole: dict[str, Any]) -> str | None:
    names = [v.split(":")[0] for v in service.get("volumes", ())]
    wrong = [n for n in names if not n.startswith((".", "/")) and n not in whole["volumes"]]
    return f"unknown volumes {wrong}" if wrong else None


def _secrets_not_in_environment(service: Service, _: dict[str, Any]) -> str | None:
    wrong = [
        name
        for name, value in _environment(service).items()
        if SECRET_LIKE.search(name) and not (name.endswith("_FILE") or value in ("true", "false"))
    ]
    return f"secrets in the environment: {wrong}" if wrong else None


def _secrets_not_in_command(service: Service, _: dict[str, Any]) -> str | None:
    words = [*service.get("command", ()), *service.get("entrypoint", ())]
    wrong = [w for w in words if SECRET_LIKE.search(str(w)) and "/run/secrets/" not in str(w)]
    return f"secrets among the arguments: {wrong}" if wrong else None


def _secrets_known(service: Service, whole: dict[str, Any]) -> str | None:
    wrong = [name for name in service.get("secrets", ()) if name not in whole["secrets"]]
    return f"unknown secrets {wrong}" if wrong else None


def _networks(service: Service, whole: dict[str, Any]) -> str | None:
    given = service.get("networks")
    if not given:
        return "is on the default network"
    wrong = [name for name in given if name not in whole["networks"]]
    return f"unknown networks {wrong}" if wrong else None


def _back_is_apart(service: Service, _: dict[str, Any]) -> str | None:
    both = {"back", "front"} <= set(service.get("networks", ()))
    return "joins the inside with the published side" if both else None


def _health(service: Service, _: dict[str, Any]) -> str | None:
    check = service.get("healthcheck")
    if check is None and "build" in service:
        return None  # the image brings its own
    if not check or check.get("disable"):
        return "has no health check"
    missing = [name for name in ("interval", "timeout", "retries") if name not in check]
    return f"health check without {missing}" if missing else None


def _restart(service: Service, _: dict[str, Any]) -> str | None:
    if service.get("restart") == "unless-stopped" or is_one_shot(service):
        return None
    return f"restart is {service.get('restart')!r}"


def _logging(service: Service, _: dict[str, Any]) -> str | None:
    options = service.get("logging", {}).get("options", {})
    return None if {"max-size", "max-file"} <= set(options) else "its log can fill the disk"


def _pinned(service: Service, _: dict[str, Any]) -> str | None:
    image = service.get("image", "")
    return None if PINNED.fullmatch(image) else f"image {image!r} is not a version"


def _limits(name: str) -> Look:
    return lambda service, _: None if service.get(name) else f"has no {name}"


def _is(name: str, value: object) -> Look:
    return lambda service, _: None if service.get(name) == value else f"{name} is not {value}"


def _has_nofile(service: Service, _: dict[str, Any]) -> str | None:
    limits = service.get("ulimits", {})
    if not {"nofile", "core"} <= set(limits) or limits["core"] != 0:
        return "has no limit of open files, or may write its memory to disk"
    return None


def _without(*names: str) -> Callable[[Service], object]:
    return lambda service: [service.pop(name, None) for name in names]


def _with(**values: Any) -> Callable[[Service], object]:
    return lambda service: service.update(values)


RULES: tuple[Rule, ...] = (
    Rule("no capabilities", _is("cap_drop", ["ALL"]), _with(cap_drop=["NET_RAW"])),
    Rule("no new privileges", _privileges, _without("security_opt")),
    Rule("never privileged", lambda s, _: "is privileged" if s.get("privileged") else None,
         _with(privileged=True)),
    Rule("a user by number, not root", _user, _with(user="0:0")),
    Rule("root file system read-only", _is("read_only", True), _without("read_only")),
    Rule("temporary memory is bounded", _tmpfs, _with(tmpfs=["/tmp"])),
    Rule("ports on 127.0.0.1 only", _ports_on_loopback, _with(ports=["8080:8080"])),
    Rule("ports from the network front", _published_from_front,
         _with(ports=["127.0.0.1:9092:9092"], networks=["back"])),
    Rule("nothing that can be there only once", _scalable, _with(container_name="vigie")),
    Rule("nothing of the host, no Docker socket", _no_docker_socket,
         _with(volumes=["/var/run/docker.sock:/var/run/docker.sock:ro"])),
    Rule("no namespace of the host", _host_namespaces, _with(network_mode="host")),
    Rule("configuration cannot be changed", _config_read_only, _with(volumes=["./deploy:/etc/x"])),
    Rule("data in named volumes", _volumes_named, _with(volumes=["elsewhere:/data"])),
    Rule("no secret in the environment", _secrets_not_in_environment,
         _with(environment={"GF_SECURITY_ADMIN_PASSWORD": "admin"})),
    Rule("no secret among the arguments", _secrets_not_in_command,
         _with(command=["redis-server", "--requirepass", "x", "password"])),
    Rule("every secret is declared", _secrets_known, _with(secrets=["unknown"])),
    Rule("networks of its own", _networks, _without("networks")),
    Rule("the inside is not on the published side", _back_is_apart,
         _with(networks=["back", "front"])),
    Rule("a health check", _health, _with(healthcheck={"disable": True})),
    Rule("comes back by itself", _restart, _without("restart")),
    Rule("its log is bounded", _logging, _with(logging={"driver": "json-file"})),
    Rule("an image by version", _pinned, _with(image="redis:latest")),
    Rule("a limit of memory", _limits("mem_limit"), _without("mem_limit")),
    Rule("a limit of processes", _limits("pids_limit"), _without("pids_limit")),
    Rule("a limit of open files, no core dumps", _has_nofile, _with(ulimits={"nofile": 1024})),
    Rule("a time to end in", _limits("stop_grace_period"), _without("stop_grace_period")),
)  # fmt: skip

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("a health check", "topics"): "ends after its work; the worker waits for its exit code",
    ("a health check", "simulator"): "serves nothing; silence shows as the age of the data",
}
"""Rule and service: why it need not keep to it."""


def problems(whole: dict[str, Any]) -> list[str]:
    """What the services of a compose file do against the rules, apart from the exceptions."""
    return [
        f"{name}: {rule.name}: {found}"
        for name, service in whole["services"].items()
        for rule in RULES
        if (rule.name, name) not in EXCEPTIONS and (found := rule.look(service, whole))
    ]
