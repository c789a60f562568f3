"""A parser of `argparse` that explains itself and refuses in the language of the locale."""

from __future__ import annotations

import argparse
import os
from typing import NoReturn

from sweep.phrases import Phrase, quote
from sweep.report.help.commands import headed, in_help
from sweep.report.language import language_of, spoken


class SpokenParser(argparse.ArgumentParser):
    """A parser of `argparse` whose help and refusals are in the language of the person."""

    def format_help(self) -> str:
        """The whole help text."""
        if language_of(os.environ) == "en":
            return super().format_help()
        self.description = in_help(self.description)
        for action in self._actions:
            action.help = in_help(action.help)
        return headed(super().format_help())

    def error(self, message: str) -> NoReturn:
        """End with one line and exit code 2."""
        self.refuse(Phrase("usage_as_told", text=quote(message)))

    def refuse(self, why: Phrase) -> NoReturn:
        """End with one line and exit code 2."""
        self.exit(2, f"{self.prog}: {spoken(Phrase('usage_refused', why=why, command=self.prog))}\n")
