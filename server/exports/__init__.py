"""Documents that leave the server: inspection logs as CSV and PDF."""
