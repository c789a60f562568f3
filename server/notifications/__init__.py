"""Telling people at once, by Web Push and mail, that there is something to look at; never what."""
