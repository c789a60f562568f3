"""A parser of `argparse` that explains itself and refuses in the language that `commands.SPOKEN` names."""

from __future__ import annotations

import argparse
from typing import NoReturn

from sweep.phrases import Phrase, quote, words
from sweep.report.help.commands import SPOKEN, headed, in_help


class SpokenParser(argparse.ArgumentParser):
    """A parser of `argparse` whose help and refusals are in the language of the person."""

    def format_help(self) -> str:
        """The whole help text."""
        if SPOKEN.get() == "en":
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
        self.exit(2, f"{self.prog}: {words(Phrase('usage_refused', why=why, command=self.prog), SPOKEN.get())}\n")
