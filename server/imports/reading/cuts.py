"""What of a file is never kept and never shown: numbers of persons, accounts, reporters' and victims' names, passwords.

Input are headings and cells as they came; output are cells in which such things are a black square, and how many there
were.  A whole column goes by its heading, a part of a cell by its form.  Remarks are not imported at all: anything may
stand there.  It cuts rather too much than too little, and a row that lost something is asked about.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

Cut = Literal["resident_number", "bank_account", "named_person", "password", "remarks"]
CUTS: Final[tuple[Cut, ...]] = ("resident_number", "bank_account", "named_person", "password", "remarks")
SQUARE = "■"

_PERSONS = (
    "신고자|신고인|제보자|제보인|민원인|피해자|피해인|고소인|고발인|목격자|피의자|가해자|용의자|최초발견자|발견자"
)
_OFFICES = "지원|보호|통합|센터|쉼터|상담|전담"
"""What follows in the name of an office for victims, which is a place and nobody's name."""
_HEADINGS: tuple[tuple[Cut, re.Pattern[str]], ...] = (
    ("resident_number", re.compile(r"주민(?:등록)?번호|주민번|생년월일|외국인(?:등록)?번호|여권|운전면허|주민$|^ssn$")),
    ("bank_account", re.compile(r"계좌|예금주|은행|통장|입금|카드번호|급여|수당|bankaccount")),
    ("named_person", re.compile(rf"{_PERSONS}|reporter|victim")),
    (
        "password",
        re.compile(
            r"비밀번호|비번|암호|패스워드|도어락|(?:출입|잠금)(?:번호|코드)|password|passwd|^pw$|^pwd$|^초기값$|인증번호"
        ),
    ),
    (
        "remarks",
        re.compile(
            r"비고|특이사항(?!유무|여부)|메모|참고|의견|내용$|기타|사유|조치사항|remark|comment|^notes?$|민원|신고"
        ),
    ),
)
_SECRET = re.compile(
    r"(?:비밀번호|비번|암호|패스워드|password|\bpw)\s*(?:은|는)?\s*[:=]?\s*[\x21-\x7e]{4,}", re.IGNORECASE
)
_DOOR_CODE = re.compile(r"(?<![\w*#])(?=[\d*#]*[*#])(?=(?:[*#]*\d){3})[\d*#]{4,12}(?![\w*#])")
"""What one presses at a door: digits with a star or a hash."""
_LIKE_SECRET = re.compile(r"(?=.*[A-Za-z])(?=.*\d)(?=.*[!#$%^&*?~])(?!.*@.*\.)[\x21-\x7e]{6,40}")
_DATE6 = r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_RESIDENT = re.compile(
    rf"(?<!\d){_DATE6}\s*[-–—−·./~ ]\s*[0-9](?:\d{{6}}|[\d*xX○●]{{0,5}}[*xX○●]+)(?!\d)"
    rf"|(?<!\d){_DATE6}[0-9]\d{{6}}(?!\d)"
)
# A spreadsheet that took it for a number has lost its leading noughts.
_SHORTENED = re.compile(r"^(?:[1-9]\d{11}|[1-9]\d{10}|\d{12,13})(?:\.0+)?$")
_FORM = re.compile(rf"{_DATE6}[0-9]\d{{6}}")
_BANKS = (
    "은행|뱅크|농협|수협|신협|축협|새마을금고|우체국|저축|증권|국민|신한|우리|하나|기업|카카오|토스"
    "|계좌|예금주|입금|통장"
)
_BY_BANK = re.compile(
    rf"(?:{_BANKS})[^0-9]{{0,20}}(\d(?:[-–. ]?\d){{9,15}})|(\d(?:[-–. ]?\d){{9,15}})\s*\(?(?:{_BANKS})"
)
_ACCOUNT = re.compile(r"(?<![\d-])\d{2,6}-\d{2,6}-\d{4,8}(?:-\d{1,3})?(?![\d-])")
_CARD = re.compile(r"(?<!\d)\d{4}[- ]\d{4}[- ]\d{4}[- ]\d{4}(?!\d)")
_PHONE = re.compile(r"^0\d{1,3}-\d{3,4}-\d{4}$|^1[568]\d{2}-\d{4}$|^\d{3}-\d{2}-\d{5}$")  # the last: of a business
_NAMED = re.compile(rf"(?:{_PERSONS})(?!{_OFFICES}).*?\S", re.DOTALL)
_MOBILE = re.compile(r"(?<!\d)(?:\+?82[-. ]?)?0?1[016789][-. )]?\d{3,4}[-. ]?\d{4}(?!\d)")
_ROLES = "회장|대표|관리인|관리자|담당자?|작성자|사장|소유주|소유자|건물주|주인|소장|점주"
_ITS = (
    "연락처|전화|번호|성명|이름|성함|주소|소속|직급|직위|확인|서명|의견|아이디"
    "|역할|업무|부서|구역|지역|기관|휴대|핸드|메일|이메일|구분|사항|일자|시간|인원|공무원|직원|요원|주무관|부서장"
)
"""What stands behind a role in a heading, and is nobody's name."""
_OF_ROLE = re.compile(rf"(?:{_ROLES})(?:님|\s?:|\s)\s*(?!{_ITS})[가-힣]{{2,4}}(?![가-힣])")
_WHOLE: tuple[tuple[Cut, tuple[re.Pattern[str], ...]], ...] = (
    ("named_person", (_NAMED, _MOBILE, _OF_ROLE)),
    ("password", (_SECRET, _DOOR_CODE)),
)
"""What takes the whole cell, or the brackets that it stands in."""
_ASIDE = re.compile(r"\([^()]*\)")
_CUT_ASIDE = f"({SQUARE})"
_OF_PLACE = re.compile(
    r"(?:화장실|공원|빌딩|타워|마트|주유소|시장|상가|센터|공단|공사|구청|시청|도서관|미술관|박물관|체육관|회관|병원|의원|학교|아파트"
    r"|사무소|관리소|사업소|보건소|상인회|관리단|쉼터|광장|복지관|수련관|터미널|휴게소|주민센터|(?:^|\s)(?:개인|민간|법인))$"
)
"""Ends of what is no person's name."""
_NUMBERED = re.compile(r"번호$|코드$|전화|연락처")
"""Headings of columns whose numbers with hyphens are no account's."""


def squash_heading(text: str) -> str:
    """A heading without what people write in different ways: width, case, spaces, marks."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def cut_of_heading(heading: str) -> Cut | None:
    """Why a column is left out as a whole; None for one that is read."""
    plain = squash_heading(heading)
    return next((cut for cut, words in _HEADINGS if words.search(plain)), None)


def like_passwords(filled: Sequence[str]) -> bool:
    """Do most cells of a column that nobody knows look like passwords?"""
    return len(filled) > 0 and sum(map(_is_like_secret, filled)) * 2 >= len(filled)


def _is_like_secret(cell: str) -> bool:
    return _LIKE_SECRET.fullmatch(cell) is not None


def cut_cell(cell: str, heading: str, counts: Counter[Cut]) -> str:
    """The cell with squares in the place of what is cut, each counted."""
    if not cell or (cell.isalpha() and len(cell) < 3):
        return cell
    plain = unicodedata.normalize("NFKC", cell)
    if _MOBILE.fullmatch(plain) and _NUMBERED.search(squash_heading(heading)):
        counts["named_person"] += 1
        return ""  # a place without a telephone, and nothing to ask about
    found = plain
    for cut, forms in _WHOLE:
        if any(form.search(found) for form in forms):
            counts[cut] += 1
            found = _without_asides(found)
            if found == SQUARE:
                return SQUARE
    if _SHORTENED.match(found) and _is_resident_number(found.partition(".")[0]):
        counts["resident_number"] += 1
        return SQUARE
    found = _counted(_RESIDENT, found, counts, "resident_number")
    found = _counted(_CARD, found, counts, "bank_account")
    found = _BY_BANK.sub(lambda one: _bank(one, counts), found)
    if not _NUMBERED.search(squash_heading(heading)):
        found = _ACCOUNT.sub(lambda one: _account(one, counts), found)
    return found if found != plain else cell


def _without_asides(text: str) -> str:
    """The text with a square in the brackets that name somebody, where all else is surely a place or office.

    `한빛주유소(대표 …)` says what it is without them; beside `김가람(신고자)` a name would stay.
    """
    forms = [form for _, some in _WHOLE for form in some]
    outside = _ASIDE.sub(lambda one: _CUT_ASIDE if any(form.search(one[0]) for form in forms) else one[0], text)
    bare = without_aside(outside)
    return outside if bare != outside and not any(form.search(bare) for form in forms) else SQUARE


def without_aside(text: str) -> str:
    """A cell without brackets whose content was cut, where what is left is surely a place or office; else as it is."""
    bare = " ".join(text.replace(_CUT_ASIDE, " ").split())
    return bare if _CUT_ASIDE in text and _OF_PLACE.search(bare) is not None else text


def cut_text(text: str) -> str:
    """A text beside the cells (the name of a file or sheet) without what is cut."""
    return cut_cell(text, "", Counter())


def is_cut(cell: str) -> bool:
    """Did a cell lose something?"""
    return SQUARE in cell


def masked(cells: Sequence[str]) -> list[str]:
    """Cells of a column that nobody knows yet: what may be a person's name, or several, shows first letters only."""
    return [_masked(cell) for cell in cells]


def _masked(cell: str) -> str:
    if names_person(cell):
        return covered(cell)
    return _AMONG.sub(lambda one: covered(one[0]) if may_be_name(one[0]) else one[0], cell)


def covered(text: str) -> str:
    """Its first letter, and circles for the others."""
    return f"{text[:1]}{'○' * (len(text) - 1)}"


def names_covered(cells: Sequence[str]) -> list[str]:
    """Cells of a column of names: every word shows its first letter only."""
    return [re.sub(r"\w+", lambda one: covered(one[0]), cell) for cell in cells]


def without_title(text: str) -> str:
    """A name without what stands beside it: `김○○ 주무관`, `박○○(팀장)`."""
    return _TITLE.sub("", text).strip()


_AMONG = re.compile(r"(?:(?<=^)|(?<=[,/·;&]\s)|(?<=[,/·;&]))[가-힣]{2,4}(?=\s*(?:[,/·;&(]|$))")


# The surnames of 95 in 100 people (census of 2015).
_SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구나민진지엄채원천방공"
)


_TITLE = re.compile(
    r"\([^()]*\)|\s*(?:주무관|팀장|과장|계장|반장|조장|실무관|공무관|주사보?|서기보?|대리|주임|선생님?|님)\s*$"
)


_OFFICE = re.compile(
    r"(?:청|과|팀|센터|공사|공단|협회|조합|학교|의원|병원|사업소|보건소|관리소|사무소|은행|마트|상인회|시장|공원|주식회사|경찰서|소방서|재단"
    r"|연구원|연구소|진흥원)$"
)


def names_person(text: str) -> bool:
    """Does a text that should name an office name a person, for all that one can see?"""
    plain = without_title(text)
    return may_be_name(plain) and _OFFICE.search(plain) is None


def names_office(text: str) -> bool:
    """Does a text end as the names of offices do?"""
    return _OFFICE.search(text.strip()) is not None


def may_be_name(cell: str) -> bool:
    """Could this be a person's own name, and nothing else?"""
    return re.fullmatch(r"[가-힣]{2,4}", cell) is not None and cell[0] in _SURNAMES


def _is_resident_number(digits: str) -> bool:
    return len(digits) >= 11 and _FORM.fullmatch(digits.zfill(13)) is not None


def _counted(form: re.Pattern[str], text: str, counts: Counter[Cut], cut: Cut) -> str:
    changed, found = form.subn(SQUARE, text)
    counts[cut] += found
    return changed


def _bank(found: re.Match[str], counts: Counter[Cut]) -> str:
    number = next(one for one in found.groups() if one is not None)
    if _PHONE.match(number.replace(" ", "-").replace(".", "-")):
        return found[0]
    counts["bank_account"] += 1
    return found[0].replace(number, SQUARE)


def _account(found: re.Match[str], counts: Counter[Cut]) -> str:
    digits = sum(letter.isdigit() for letter in found[0])
    if _PHONE.match(found[0]) or not 10 <= digits <= 16:
        return found[0]
    counts["bank_account"] += 1
    return SQUARE
