"""One position: who senses when, and what the inspector is told."""
