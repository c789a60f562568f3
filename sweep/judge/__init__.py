"""From measurements to statements: coverage by zone, where a transmitter is, verdicts and findings."""
