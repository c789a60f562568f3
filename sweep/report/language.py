"""In which language a command speaks: by the locale, as other programs do; Korean where it is Korean, else English.

Input is the environment; what the system itself refuses has Korean words here, since its own come in English unless the
machine has Korean locales installed.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["ko", "en"]

SYSTEM_WORDS: Final[Mapping[int, str]] = {
    errno.ENOENT: "파일이나 폴더가 없습니다",
    errno.EACCES: "접근 권한이 없습니다",
    errno.EPERM: "허용되지 않습니다",
    errno.EEXIST: "이미 있습니다",
    errno.EISDIR: "파일이 아니라 폴더입니다",
    errno.ENOTDIR: "폴더가 아닙니다",
    errno.ENOSPC: "저장 공간이 없습니다",
    errno.EROFS: "읽기 전용입니다",
    errno.ECONNREFUSED: "연결이 거부되었습니다",
    errno.EADDRINUSE: "이미 쓰이는 주소입니다",
}


def language_of(environment: Mapping[str, str]) -> Language:
    """The first of LC_ALL, LC_MESSAGES and LANG that is set decides, as POSIX has it."""
    chosen = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    return "ko" if chosen.lower().startswith("ko") else "en"


def system_words(error: OSError, language: Language) -> str:
    """What the system refused, in one line without the file's name."""
    own = SYSTEM_WORDS.get(error.errno or 0) if language == "ko" else None
    return own or error.strerror or str(error)
