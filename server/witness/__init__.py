"""A witness outside the operator: it remembers what the log was and signs only what grew from it (WITNESS.md)."""
