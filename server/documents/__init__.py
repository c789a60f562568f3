"""The inspection log of a period, gathered from the database and made into documents by a process of its own."""
