"""The ingest path: entries are checked, put in order, judged and acknowledged, and what they order takes effect."""
