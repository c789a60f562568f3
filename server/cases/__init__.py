"""Cases: what became of each finding and each strange thing, step by step."""
