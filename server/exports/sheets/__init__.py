"""Sheets of paper set by Typst."""
