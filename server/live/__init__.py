"""Live messages and commands, never evidence: what is known of each probe, who listens, how processes share it."""
