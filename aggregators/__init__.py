"""The pure core: contact state, agent time, slices, windows and the KPI catalogue.

Nothing in this package reads a clock, a file, Kafka, Redis or the web: "now", ids and
settings are passed in, so a replay and a batch give the same numbers.
"""
