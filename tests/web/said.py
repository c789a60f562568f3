"""What the page says of verdicts, results and decisions, from the glossary that it has its words from."""

from __future__ import annotations

from sweep.report.words import words_of


def said(table: str, code: str) -> str:
    """The Korean word of a table for a code."""
    return words_of(table)[code].ko
