"""What a worker knows of its web side, in the shape of the metrics page."""

from __future__ import annotations

from exporters.http.denials import Denials
from exporters.prometheus.web_metrics import WebStats
from vigie.web_access import WebAccess


def web_stats(access: WebAccess, denials: Denials) -> WebStats:
    """Return the numbers of now."""
    return WebStats(
        denied=denials.counts,
        is_reload_good=access.is_good if access.has_file else None,
        expires_s=None if access.expires is None else access.expires.timestamp(),
    )
