"""The laboratory: what trains, simulates by the thousand and scores. No probe needs it; nobody outside imports it."""
