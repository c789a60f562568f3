"""The reference check before a day's first sweep."""
