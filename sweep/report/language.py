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
    errno.EADDRNOTAVAIL: "이 기기에 없는 주소입니다",
    errno.ENETUNREACH: "네트워크에 연결되어 있지 않습니다",
    errno.EHOSTUNREACH: "기기에 연결할 수 없습니다",
    errno.ECONNRESET: "연결이 끊겼습니다",
    errno.EPIPE: "연결이 끊겼습니다",
    errno.ETIMEDOUT: "시간이 초과되었습니다",
    errno.ENODEV: "장치가 없습니다",
    errno.ENXIO: "장치가 없습니다",
    errno.EBUSY: "다른 프로그램이 쓰고 있습니다",
    errno.EIO: "입출력 오류입니다",
    errno.ENOTTY: "맞는 장치가 아닙니다",
    errno.EINVAL: "올바르지 않은 값입니다",
    errno.EDQUOT: "디스크 할당량을 다 썼습니다",
    errno.EFBIG: "파일이 너무 큽니다",
    errno.ENAMETOOLONG: "이름이 너무 깁니다",
    errno.ENOTEMPTY: "폴더가 비어 있지 않습니다",
    errno.ELOOP: "링크가 너무 많거나 링크여서 쓸 수 없습니다",
    errno.EXDEV: "다른 디스크입니다",
    errno.EMFILE: "열린 파일이 너무 많습니다",
    errno.ENOMEM: "메모리가 부족합니다",
    errno.ENOEXEC: "실행할 수 없는 파일입니다",
    errno.ENETDOWN: "네트워크가 꺼져 있습니다",
}


def language_of(environment: Mapping[str, str]) -> Language:
    """The first of LC_ALL, LC_MESSAGES and LANG that is set decides, as POSIX has it."""
    chosen = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    return "ko" if chosen.lower().startswith("ko") else "en"
