"""The alert rules as rules of Prometheus: PromQL, rule files and their unit tests."""
