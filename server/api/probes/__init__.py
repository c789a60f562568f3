"""Routes of probes and keys."""
