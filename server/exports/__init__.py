"""Documents that leave the server: inspection logs of a period, statistics, packages and sheets.

`gathering` reads what goes into them, `logs`, `printed` and `sheets` write it, `jobs` lets people wait for it.  What
the columns mean and what is left out stands in README.md.
"""
