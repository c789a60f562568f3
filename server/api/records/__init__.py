"""Routes of what was recorded: sweeps, cases, photographs, entries, exports."""
