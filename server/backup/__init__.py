"""Backups of database and keys, and their way back."""
