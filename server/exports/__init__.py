"""Documents that leave the server: inspection logs of a period as CSV, XLSX and PDF.

`records` holds what the server fills from its projections, `rows` makes lines and pages of it, and `csv_log`,
`xlsx_log` and `pdf_log` write them.
What the columns mean and what is left out stands in README.md.
"""
