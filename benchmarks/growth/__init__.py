"""What grows when a centre grows, and how fast: the growth benchmark.

``python -m benchmarks.growth`` measures, :mod:`benchmarks.report_growth` shows, and
:mod:`benchmarks.sizing` reckons machines from it.
"""
