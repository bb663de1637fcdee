"""Alerts: rules over the merged view, on the clock, kept at until somebody has taken care.

``rules`` and ``plan`` are what people wrote, ``alert`` what became of it. ``evaluation`` says what
is the case now, ``lifecycle`` what that makes of the alerts, ``notices`` who is owed a message:
all three are pure. ``journal`` is where every transition is written before anybody is told,
``watch`` does it all once a second, ``delivery`` and ``notify`` reach people.
"""
