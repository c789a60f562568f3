"""The record of a root key's making on paper: what the key is, who was present, what they saw to.

Input is a public key and names; output the bytes of a PDF of one page, PDF/A, in Korean with English beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from server.exports.sheets.fonts import FONT_FOLDERS, find_typeface
from server.exports.sheets.typeset import set_pdf
from server.interface.words import kst

STEPS = (
    ("네트워크에 연결되지 않은 기기에서 만들었습니다.", "It was made on a machine without a network."),
    (
        "위 공개 키를 두 사람이 화면과 한 글자씩 맞추어 보았습니다.",
        "Two persons compared the public key above with the screen, character by character.",
    ),
    (
        "키 파일의 사본을 서로 다른 두 곳에 봉인하여 보관했습니다.",
        "Copies of the key file were sealed and kept in two places.",
    ),
    (
        "암호문구는 키 파일과 다른 곳에, 봉인된 봉투에 보관했습니다.",
        "The passphrase is kept in a sealed envelope, in another place than the key file.",
    ),
    (
        "서버에 인계한 뒤 서버의 루트 키가 지워진 것을 확인했습니다.",
        "After the hand-over it was seen that the root key on the server is gone.",
    ),
)
NOTE = (
    "이 키는 누가 기록에 서명할 수 있는지에만 서명합니다. 이 종이는 공개 키만 담고 있어 비밀이 아닙니다.",
    "This key signs who may sign entries, and nothing else. This sheet holds its public half only and is no secret.",
)


def sheet(
    key_id: str,
    public_key: bytes,
    people: Sequence[str],
    made: datetime,
    *,
    font_folders: Sequence[Path] = FONT_FOLDERS,
) -> bytes:
    """The page as PDF bytes; `made` is an aware time. Raises FontsMissingError without Nanum Gothic."""
    typeface = find_typeface(font_folders)
    digits = public_key.hex()
    data = {
        "title": "루트 키 생성 확인서",
        "subtitle": "Record of the making of a root key · Ansim Sweep",
        "key_id": key_id,
        "public_key": [digits[start : start + 8] for start in range(0, len(digits), 8)],
        "made": kst(made),
        "steps": [{"ko": ko, "en": en} for ko, en in STEPS],
        "people": [typeface.covered(one) for one in people],
        "note": {"ko": NOTE[0], "en": NOTE[1]},
    }
    return set_pdf("root_key.typ", data, made, typeface, standard="a-2b")
