"""Metrics that boards show and the demo cannot have, each with the reason."""

from __future__ import annotations

_SEVERAL = "only with several workers and Redis; the demo is one worker"
_PERIODS = "told when a month closes; the demo closes days only"
_NO_QUEUE = "its facts name no queue in the demo; the series of the centre has data"

NO_DATA: dict[str, str] = {
    "vigie_view_shards_expected": _SEVERAL,
    "vigie_view_shards_present": _SEVERAL,
    "vigie_view_shards_fresh": _SEVERAL,
    "vigie_leader": _SEVERAL,
    "vigie_lease_term": _SEVERAL,
    "vigie_redis_up": _SEVERAL,
    "vigie_redis_failures_total": _SEVERAL,
    "vigie_publish_timestamp_seconds": _SEVERAL,
    "vigie_web_config_last_reload_successful": "only with a web configuration file",
    "vigie_web_certificate_expiry_timestamp_seconds": "only with TLS",
    "vigie_reports_sent_total": "the demo sends no reports",
    "vigie_reports_failed_total": "the demo sends no reports",
    "vigie_reports_last_sent_timestamp_seconds": "the demo sends no reports",
    "vigie_centre_staff_turnover_rate_ratio": _PERIODS,
    "vigie_centre_customers_retained": _PERIODS,
    "vigie_centre_retention_rate_ratio": _PERIODS,
    "vigie_centre_customer_lifetime_value": _PERIODS,
    "vigie_centre_acquisition_efficiency": _PERIODS,
    "vigie_centre_acquisition_cost": _PERIODS,
    "vigie_centre_selfcare_savings": "needs 24 hours after a session; the demo has two",
    "vigie_centre_contact_rate_anomaly": "needs four earlier weeks of contacts",
    "vigie_centre_promise_kept_rate_ratio": "promises of tickets run for longer than the demo",
    "vigie_selfcare_satisfaction_ratio": _NO_QUEUE,
    "vigie_employee_engagement_ratio": _NO_QUEUE,
    "vigie_engagement_participation_rate_ratio": _NO_QUEUE,
}
"""Metric -> why. As :func:`tests.grafana.written_series.as_catalogued` writes them, they are asked
for all the same."""
