"""Facilities from the files that offices publish: previewed, confirmed, asked about, undone."""
