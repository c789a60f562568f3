"""What people are called in entries: clean, and in one district no two alike; and the ids of their accounts.

Input is a name that somebody chose for an account; output is that name as it is kept, or a refusal that proposes
another.  A name stays its account's when the account is renamed, moved or switched off, for entries bear it; people of
the whole city share their names with every district's.  An id is random and never given twice.
"""

from __future__ import annotations

import base64
import itertools
import re
import secrets
import unicodedata
from collections.abc import Iterator

from sqlalchemy import Connection, insert, or_, select

from server.interface.errors import ApiError, invalid
from server.interface.plain_text import is_invisible, looks, mixes_scripts
from server.store.clock import now_ms
from server.store.schema import account_names
from sweep.phrases import Phrase
from sweep.report import has_unsafe_character, new_id

SHORTEST, LONGEST = 2, 60
_PUNCTUATION = frozenset(" ()-_.,·'&/")
_NUMBER = re.compile(r"^(.*?)([0-9]+)$")


def tidy_name(text: str) -> str:
    """The name by NFKC with single spaces; ApiError 400 for letters that hide, stack or mix as no writing does."""
    plain = ("-" if unicodedata.category(one) == "Pd" else one for one in unicodedata.normalize("NFKC", text))
    name = " ".join("".join(plain).split())
    is_bad = has_unsafe_character(name) or mixes_scripts(name)
    if is_bad or not SHORTEST <= len(name) <= LONGEST or not all(map(_is_plain, name)):
        raise invalid(Phrase("name_letters", least=SHORTEST, most=LONGEST), code="name_letters")
    return name


def new_account(connection: Connection) -> str:
    """An id that no account ever had: ten letters, 50 bits."""
    while True:
        account = "p-" + base64.b32encode(secrets.token_bytes(7)).decode()[:10].lower()
        spent = select(account_names.c.account).where(account_names.c.account == account)
        if connection.scalar(spent.limit(1)) is None:
            return account


def give_name(connection: Connection, account: str, name: str, district_id: str | None) -> None:
    """Let an account of a district, or of the whole city, bear a tidy name; ApiError 409 when another one looks so."""
    taken = [looks(one) for one in _names_of_others(connection, account, district_id)]
    if any(looks(name) & one for one in taken):
        free = next(one for one in _proposals(name) if not any(looks(one) & other for other in taken))
        raise ApiError(409, Phrase("name_taken", name=name, free=free))
    add_name(connection, account, name, district_id)


def looks_taken(connection: Connection, district_id: str | None) -> set[str]:
    """What the names look like that nobody new of a district, or of the whole city, may bear."""
    return {look for one in _names_of_others(connection, "", district_id) for look in looks(one)}


def add_name(connection: Connection, account: str, name: str, district_id: str | None) -> None:
    """Write down that an account bears this name from now on."""
    row = {"name_id": new_id(), "account": account, "name": name, "district_id": district_id, "since_ms": now_ms()}
    connection.execute(insert(account_names).values(**row))


def _names_of_others(connection: Connection, account: str, district_id: str | None) -> list[str]:
    statement = select(account_names.c.name).where(
        account_names.c.account != account, account_names.c.name.is_not(None)
    )
    if district_id is not None:
        of_district = account_names.c.district_id
        statement = statement.where(or_(of_district.is_(None), of_district == district_id))
    return list(connection.scalars(statement.distinct()))


def _proposals(name: str) -> Iterator[str]:
    """The next numbers of a name that has one, else a name with 2, 3 and so on."""
    numbered = _NUMBER.match(name)
    for step in itertools.count(1):
        if numbered is None:
            yield f"{name} {step + 1}"
        else:
            yield f"{numbered[1]}{int(numbered[2]) + step:0{len(numbered[2])}}"


def _is_plain(character: str) -> bool:
    return character in _PUNCTUATION or (unicodedata.category(character)[0] in "LMN" and not is_invisible(character))
