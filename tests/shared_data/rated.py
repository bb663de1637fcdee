"""The rated calls: their folder and how their columns are read."""

from __future__ import annotations

RATED = "pwc_call_center"

RATED_SETTINGS = """\
sources:
  rated_csv:
    format: csv
    topic: calls
    zone: UTC
    bom: true
    row_id: "{Call Id}"
    created: {cols: [Date, Time], format: "%Y-%m-%d %H:%M:%S"}
    queue: hotline
    agent_id: {col: Agent}
    motive: {col: Topic}
    answered:
      col: "Answered (Y/N)"
      yes: "Y"
      wait: {col: Speed of answer in seconds}
      talk: {col: AvgTalkDuration, unit: hms}
    resolved: {col: Resolved, yes: "Y"}
    csat: {col: Satisfaction rating}
"""
