"""Rule files of Prometheus as text: groups of alerting and recording rules, with comments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml
from msgspec import Struct

from alerts.export.alerting_rule import AlertingRule
from alerts.export.selectors import duration


class RecordingRule(Struct, frozen=True):
    """An expression whose value is kept as a series."""

    record: str
    expression: str


class RuleGroup(Struct, frozen=True):
    """Rules that are evaluated one after the other. ``remarks`` are comments above the group."""

    name: str
    rules: Sequence[AlertingRule | RecordingRule]
    remarks: Sequence[str] = ()


def rule_file(title: str, groups: Iterable[RuleGroup], remarks: Sequence[str] = ()) -> str:
    """Return a rule file; groups without rules are left out, their remarks are not."""
    lines = [f"# {title}"]
    for remark in remarks:
        lines += _comment(remark)
    lines.append("groups:")
    is_empty = True
    for group in groups:
        for remark in group.remarks:
            lines += _comment(remark, "  ")
        if not group.rules:
            continue
        is_empty = False
        lines += [f"  - name: {_scalar(group.name)}", "    rules:"]
        for rule in group.rules:
            for remark in rule.remarks if isinstance(rule, AlertingRule) else ():
                lines += _comment(remark, "      ")
            lines += dumped([_as_mapping(rule)], "      ")
    if is_empty:
        lines[lines.index("groups:")] = "groups: []"
    return "\n".join(lines) + "\n"


def dumped(value: Any, indent: str = "") -> list[str]:
    """Return lines of YAML; text of several lines is written as it is."""
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return [f"{indent}{line}" if line else line for line in text.splitlines()]


def _as_mapping(rule: AlertingRule | RecordingRule) -> Mapping[str, Any]:
    if isinstance(rule, RecordingRule):
        return {"record": rule.record, "expr": rule.expression}
    return {
        "alert": rule.name,
        "expr": rule.expression,
        **({"for": duration(rule.for_ms)} if rule.for_ms else {}),
        **({"keep_firing_for": duration(rule.keep_ms)} if rule.keep_ms else {}),
        "labels": dict(rule.labels),
        "annotations": dict(rule.annotations),
    }


def _comment(text: str, indent: str = "") -> list[str]:
    """What a rule file's author wrote may have any letters; a comment is one line of them."""
    return [f"{indent}# {''.join(c if c.isprintable() else ' ' for c in text)}"]


def _scalar(text: str) -> str:
    return dumped([text])[0].removeprefix("- ")


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as a block, and lists below their name."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists too."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
