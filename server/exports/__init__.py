"""Documents that leave the server: inspection logs of a period as CSV, XLSX and PDF.

`rows` holds the records that the server fills from its projections, `csv_log`, `xlsx_log` and `pdf_log` write them.
What the columns mean and what is left out stands in README.md.
"""
