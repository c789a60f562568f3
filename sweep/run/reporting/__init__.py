"""From what positions gave to a signed report, kept through crashes."""
