"""The letters of what people read aloud and type on a phone: passwords and codes that this server makes."""

from __future__ import annotations

import string

PASSWORD_ALPHABET = string.ascii_lowercase.replace("l", "").replace("o", "") + "23456789"
