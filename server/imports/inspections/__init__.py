"""Lists of past inspections."""
