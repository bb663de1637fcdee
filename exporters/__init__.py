"""How numbers get out: the live view, Prometheus metrics, the HTTP API and the wallboard.

This room reads shards and boards and never changes them. It may import
:mod:`aggregators` and nothing else of the project.
"""
