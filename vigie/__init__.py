"""vigie: the lookout of a contact centre. This package is its command line and its settings."""

from __future__ import annotations

__version__ = "0.1.0"
