"""From a report to the server: signed entries wait in an outbox until a receipt for each has been verified."""
