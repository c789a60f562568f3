"""The instruments that a district inspects with beside probes: which there are, who holds them, whether they work."""
