"""Enumerations as gpiod's, as far as they are used."""

from __future__ import annotations

from enum import Enum


class Value(Enum):
    """Logical level."""

    INACTIVE = 0
    ACTIVE = 1


class Direction(Enum):
    """Which way a line goes."""

    AS_IS = 1
    INPUT = 2
    OUTPUT = 3


class Bias(Enum):
    """Pull of a line."""

    AS_IS = 1
    UNKNOWN = 2
    DISABLED = 3
    PULL_UP = 4
    PULL_DOWN = 5
