"""Pages and words that explain what was called and why."""
