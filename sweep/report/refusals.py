"""What the command lines refuse, in Korean and English: one catalogue for `sweep` and `sweep-server`.

A refusal is a code with values, or an error of the system, of the command line's parser or of a part of the project;
each comes out as one line in the language of the locale (`language`).  What a part says of itself is English and is
found in the catalogue of sentences (`sentences`); what another program said and nobody knows is told as it came, with
a Korean word before it.  Nothing here prints.
"""

from __future__ import annotations

from sweep.phrases import Language, Phrase, phrase_of, words
from sweep.report.sentences import in_korean


def refusal(code: str, language: Language, **values: object) -> str:
    """The sentence of a code with its values, those that are phrases or errors in the same language."""
    told = Phrase(code, **values)
    if language == "ko":
        told = Phrase(
            code, **{name: in_korean(one) or one if isinstance(one, str) else one for name, one in told.values.items()}
        )
    return words(told, language)


def usage_words(message: str, language: Language, *, help_of: str) -> str:
    """What the parser of the command line says, and where help is, in one line.  `help_of`: program or command."""
    line = " ".join(message.replace("Value error, ", "").split()).rstrip(".")
    if language == "en":
        return f"{line}; see {help_of} --help"
    return f"{in_korean(line) or f'사용법 오류: {line}'} (도움말: {help_of} --help)"


def error_words(error: Exception, language: Language) -> str:
    """What an error of the system or of a part says; one line, of a file with its name."""
    phrase = phrase_of(error)
    if phrase.code != "unknown_error":
        return words(phrase, language)
    line = " ".join(str(error).split())
    return line if language == "en" else in_korean(line) or f"오류: {line}"
