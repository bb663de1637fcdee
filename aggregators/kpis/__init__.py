"""The KPI catalogue and its formulas, one group per file (kpis.md)."""
