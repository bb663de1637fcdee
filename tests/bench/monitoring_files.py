"""The settings of Prometheus and Alertmanager that are shipped, made to run on this machine.

Only addresses and paths change: what is tested is the rest, as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTMANAGER = ROOT / "deploy" / "alertmanager"


def local_prometheus(
    config: str,
    addresses: Mapping[str, str],
    rule_dir: Path,
    files: Mapping[str, str] | None = None,
) -> str:
    """Return settings of Prometheus with other targets, rule files of a folder, other paths.

    ``addresses`` maps each ``host:port`` of the settings, also those of ``dns_sd_configs``, to one
    on this machine, or several with commas between them. ``files`` maps paths of secrets.

    Raises:
        KeyError: an address or a path of the settings has none.
    """
    found: dict[str, Any] = yaml.safe_load(config)
    for holder in _holders(found):
        old = [target for group in holder.get("static_configs", ()) for target in group["targets"]]
        for named in holder.pop("dns_sd_configs", ()):
            old += [f"{name}:{named['port']}" for name in named["names"]]
        targets = [one.strip() for target in old for one in addresses[target].split(",")]
        holder["static_configs"] = [{"targets": targets}]
        authorization = holder.get("authorization", {})
        if files is not None and "credentials_file" in authorization:
            authorization["credentials_file"] = files[authorization["credentials_file"]]
    found["rule_files"] = [
        str(rule_dir.resolve() / Path(pattern).name) for pattern in found["rule_files"]
    ]
    return yaml.safe_dump(found, sort_keys=False)


def _holders(config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from config["scrape_configs"]
    yield from config["alerting"]["alertmanagers"]


def local_alertmanager(config: str, urls: Mapping[str, str]) -> str:
    """Return settings of Alertmanager with ``url`` in place of ``url_file``.

    ``urls`` maps the paths of the secrets to addresses. Debian's 0.25 does not know ``url_file``.

    Raises:
        KeyError: a path of the settings has no address.
    """
    found: dict[str, Any] = yaml.safe_load(config)
    for receiver in found["receivers"]:
        for webhook in receiver.get("webhook_configs", ()):
            webhook["url"] = urls[webhook.pop("url_file")]
    return yaml.safe_dump(found, sort_keys=False)
