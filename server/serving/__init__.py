"""The process that serves the application: one port, bounded connections, and one process for an SQLite file."""
