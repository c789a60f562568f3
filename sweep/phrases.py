"""What the project says to persons is a code with named values; words are looked up where somebody reads them.

Input is a `Phrase`, or an error that carries one; output is one line in Korean or English.  A phrase is made where
its reason is known: `raise CaptureFileError(Phrase("capture_cut_off", …))`.  Its values may be phrases or
errors themselves.  An error of the system is known by its number; what any other program or library says is quoted as
it came.  Nothing here is loaded, and no catalogue read, for a command that goes well.

The words stand in `locale/*/LC_MESSAGES/ansim.po`, a catalogue of gettext for each language.  The standard library
reads them and Babel (BSD, since 2007, one wheel without dependencies, at build time only) extracts the codes and says
what is missing or left over; Fluent's runtime for Python had no release since February 2023, has no extractor, and
would load Babel itself on the probe.  `make setup` and the wheel compile them; a checkout whose catalogue was changed
since reads it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from gettext import GNUTranslations

Language = Literal["ko", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("ko", "en")
MAX_QUOTED: Final = 300
"""Letters of another program's error that are repeated (guessed)."""


class Spoken(NamedTuple):
    """What is there in both languages already: another of our programs said it, or a table has it."""

    ko: str
    en: str


class Phrase:
    """A code with named values; `str()` gives English."""

    __slots__ = ("code", "values")

    code: str
    values: Mapping[str, object]

    def __init__(self, code: str, /, **values: object) -> None:
        object.__setattr__(self, "code", code)
        told = {name: quoted(value) if isinstance(value, BaseException) else value for name, value in values.items()}
        object.__setattr__(self, "values", MappingProxyType(told))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Phrase) and (self.code, self.values) == (other.code, other.values)

    def __hash__(self) -> int:
        return hash((self.code, *self.values))

    def __reduce__(self) -> tuple[object, tuple[str, dict[str, object]]]:
        return _rebuilt, (self.code, dict(self.values))

    def __repr__(self) -> str:
        return f"Phrase({', '.join([repr(self.code), *(f'{n}={v!r}' for n, v in self.values.items())])})"

    def __str__(self) -> str:
        return words(self, "en")


def _rebuilt(code: str, values: dict[str, object]) -> Phrase:
    return Phrase(code, **values)


def to_line(phrase: Phrase) -> str:
    """A phrase as one line of JSON, for another process."""
    import json

    return json.dumps(packed(phrase))


def from_line(line: str) -> Phrase | str:
    """The phrase of such a line; whatever else stands there is quoted."""
    import json

    try:
        told = unpacked(json.loads(line))
        for language in LANGUAGES:  # one of another release may lack a value that the words of this one ask for
            words(told, language)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return quote(line)
    return told


def packed(phrase: Phrase) -> dict[str, object]:
    """A phrase as JSON takes it."""
    values = {name: packed(one) if isinstance(one, Phrase) else _plain(one) for name, one in phrase.values.items()}
    return {"code": phrase.code, "values": values}


def _plain(value: object) -> object:
    if isinstance(value, Spoken):
        return value._asdict()
    if hasattr(value, "item"):  # a number of numpy's
        return value.item()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def unpacked(said: Mapping[str, Any]) -> Phrase:
    """The phrase that was packed."""
    values = said["values"].items()
    return Phrase(said["code"], **{name: _read(one) if isinstance(one, dict) else one for name, one in values})


def _read(value: Mapping[str, Any]) -> Phrase | Spoken:
    return unpacked(value) if "code" in value else Spoken(value["ko"], value["en"])


def words(what: Phrase | Spoken | BaseException | str, language: Language) -> str:
    """One line in a language; an error says what `phrase_of` makes of it, a text stays as it is."""
    if isinstance(what, str):
        return what
    if isinstance(what, Spoken):
        return what.ko if language == "ko" else what.en
    phrase = phrase_of(what) if isinstance(what, BaseException) else what
    template = catalogue(language).gettext(phrase.code)
    said = {name: words(v, language) if isinstance(v, Phrase | Spoken) else v for name, v in phrase.values.items()}
    if language == "ko":
        return with_particles(template.format_map(said))
    return _counted(template, said).format_map(said)


_FORMS: Final = re.compile(r"(\{(\w+)[^}]*\}[^{}\[\]|]*)\[([^\[\]|]*)\|([^\[\]|]*)\]")


def _counted(template: str, values: Mapping[str, object]) -> str:
    """Of `{rows} [row|rows]` the form that the number before it asks for."""
    if "|" not in template:
        return template
    return _FORMS.sub(lambda found: found[1] + found[3 if str(values.get(found[2])) == "1" else 4], template)


_PARTICLE: Final = re.compile(
    r"([0-9A-Za-z가-힣])([^0-9A-Za-z가-힣\s(]*)((?:\([^()]*\))?[’'”\"]?)"
    r"(은\(는\)|이\(가\)|을\(를\)|와\(과\)|과\(와\)|\(으\)로|\(이\)라)"
)
_AFTER: Final = {  # with a final consonant, without
    "은(는)": ("은", "는"), "이(가)": ("이", "가"), "을(를)": ("을", "를"),
    "와(과)": ("과", "와"), "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"), "(이)라": ("이라", "라"),
}  # fmt: skip
_CLOSED_WORD: Final = re.compile(r"(?:[lmn]|ng|le|[mn]e|(?<![a-z])[a-z]*[aeiou][bckpt])\Z")
"""Latin words that Korean reads with a final consonant: by the letters at their end, so a few are taken amiss."""


def with_particles(text: str) -> str:
    """A Korean text with each particle that stands in both forms, `{file}이(가)`, in the one that its word asks for.

    Numbers are read as Korean reads them, capitals and mixed names by the name of their last letter.
    """
    return _PARTICLE.sub(lambda found: _particle_after(text[: found.end(1)], found), text)


def _particle_after(before: str, found: re.Match[str]) -> str:
    last, mark = before[-1], found[4]
    is_liquid = False  # a word that ends in ㄹ takes 로
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        is_closed, is_liquid = final > 0, final == 8
    elif last.isdigit():
        is_closed, is_liquid = last in "013678", last in "178"
    else:
        word = re.search(r"[0-9A-Za-z]+\Z", before)
        name = word[0] if word else last
        if name.isalpha() and name.islower() and len(name) > 1:
            is_closed, is_liquid = bool(_CLOSED_WORD.search(name)), name.endswith(("l", "le"))
        else:
            is_closed, is_liquid = last.upper() in "LMNR", last.upper() in "LR"
    closed, is_open = _AFTER[mark]
    chosen = closed if is_closed and not (is_liquid and mark == "(으)로") else is_open
    return f"{found[1]}{found[2]}{found[3]}{chosen}"


def phrase_of(error: BaseException) -> Phrase:
    """What an error says: its own phrase, the system's by its number, or what another program said, quoted."""
    said = quoted(error)
    if isinstance(error, OSError) and error.filename is not None:
        return Phrase("of_file", file=error.filename, why=said)
    return Phrase("unknown_error", text=said) if isinstance(said, str) else said


def quoted(error: BaseException) -> Phrase | str:
    """What an error says inside a sentence that names the file itself."""
    for part in error.args:
        if isinstance(part, Phrase):
            return part
        if isinstance(part, Spoken):
            return Phrase("as_spoken", text=part)
        if isinstance(part, BaseException):
            return quoted(part)
    if isinstance(error, OSError) and error.errno is not None and not type(error).__module__.endswith("ssl"):
        return _system().get(error.errno) or quote(error.strerror or str(error))
    return quote(str(error)) or type(error).__name__


def quote(text: str) -> str:
    """Another program's words on one line."""
    return " ".join(text.split())[:MAX_QUOTED]


@cache
def catalogue(language: Language, domain: Literal["ansim", "help"] = "ansim") -> GNUTranslations:
    """The words of a language: by code, or those of `--help` by their English."""
    from gettext import GNUTranslations
    from pathlib import Path

    compiled = Path(__file__).with_name("locale") / language / "LC_MESSAGES" / f"{domain}.mo"
    source = compiled.with_suffix(".po")
    if source.exists() and not (compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime):
        from io import BytesIO

        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        made = BytesIO()
        with source.open("rb") as file:
            write_mo(made, read_po(file, abort_invalid=True))
        made.seek(0)
        return GNUTranslations(made)
    with compiled.open("rb") as file:
        return GNUTranslations(file)


@cache
def _system() -> Mapping[int, Phrase]:
    """Resolving a name has numbers below zero."""
    import errno
    import socket

    return {
        errno.ENOENT: Phrase("no_such_file"),
        errno.EACCES: Phrase("permission_denied"),
        errno.EPERM: Phrase("not_permitted"),
        errno.EEXIST: Phrase("file_already_exists"),
        errno.EISDIR: Phrase("is_a_folder"),
        errno.ENOTDIR: Phrase("is_not_a_folder"),
        errno.ENOSPC: Phrase("no_space_left"),
        errno.EROFS: Phrase("read_only_file_system"),
        errno.ECONNREFUSED: Phrase("connection_refused"),
        errno.EADDRINUSE: Phrase("address_in_use"),
        errno.EADDRNOTAVAIL: Phrase("address_not_available"),
        errno.ENETUNREACH: Phrase("network_unreachable"),
        errno.EHOSTUNREACH: Phrase("host_unreachable"),
        errno.ECONNRESET: Phrase("connection_reset"),
        errno.EPIPE: Phrase("broken_pipe"),
        errno.ETIMEDOUT: Phrase("timed_out"),
        errno.ENODEV: Phrase("no_such_device"),
        errno.ENXIO: Phrase("no_such_device_or_address"),
        errno.EBUSY: Phrase("device_busy"),
        errno.EIO: Phrase("input_output_error"),
        errno.ENOTTY: Phrase("not_that_kind_of_device"),
        errno.EINVAL: Phrase("invalid_argument"),
        errno.EDQUOT: Phrase("disk_quota_exceeded"),
        errno.EFBIG: Phrase("file_too_large"),
        errno.ENAMETOOLONG: Phrase("name_too_long"),
        errno.ENOTEMPTY: Phrase("folder_not_empty"),
        errno.ELOOP: Phrase("too_many_links"),
        errno.EXDEV: Phrase("other_device"),
        errno.EMFILE: Phrase("too_many_open_files"),
        errno.ENOMEM: Phrase("out_of_memory"),
        errno.ENOEXEC: Phrase("not_executable"),
        errno.ENETDOWN: Phrase("network_down"),
        socket.EAI_NONAME: Phrase("no_such_host"),
        socket.EAI_NODATA: Phrase("host_without_address"),
        socket.EAI_AGAIN: Phrase("host_name_not_resolved"),
    }
