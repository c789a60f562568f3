"""Tests of server/districts."""
