"""The alert engine: rules over the merged view, on the clock.

The room is laid out and empty: vigie does not alert yet.
"""
