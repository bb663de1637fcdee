"""E-mailed reports: what is in one, made from the shards, and how it looks."""
