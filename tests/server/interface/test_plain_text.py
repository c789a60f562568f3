"""What a reader takes text for: links behind other dots and letters, and strings that look alike."""

from __future__ import annotations

import time

import pytest

from server.cases.words import hurtful_in
from server.interface.errors import ApiError, refuse_links
from server.interface.plain_text import folded, has_link, is_invisible, looks, mixes_scripts, unlike, without_links
from sweep.report import LocalText

LINKS = (
    "https://example.org/a", "HTTPS：//example。org", "hxxps://x", "ftp:/x", "clips.tv", "ｃｌｉｐｓ．ｔｖ",
    "clips。tv", "clips｡tv", "clips․tv", "clips‧tv", "cl\u200bips\u2060.\u200btv", "clips[.]tv", "сlірѕ.tv",
    "한글.com", "한글。kr",
    "t.me/abc", "ＷＷＷ．a", "xn--bj0bj06e", "a.co.kr", "k.kakao/abc", "10.0.0.1:8080/x",
)  # fmt: skip
PLAIN = (
    "3.5 mm", "1.5m 높이, 3번째 칸. 나사구멍 2개(10:30쯤)", "변기 옆. To the left", "v1.2.3", "1.2.3.4번 칸",
    "1·2·3·4번 칸",
    "2026.11.27. 점검", "112: 신고함", "A.M. 10:30/문 앞", "표면이 매끈함.us", "점", "구멍。막음",
)  # fmt: skip


@pytest.mark.parametrize("text", LINKS)
def test_a_link_is_seen_behind_other_dots_and_letters(text: str) -> None:
    assert has_link(text) and has_link(f"칸 {text} 안")
    assert without_links(f"칸 {text} 안", "[링크 생략]") == "칸 [링크 생략] 안"
    with pytest.raises(ApiError) as refused:
        refuse_links("칸", text)
    assert refused.value.code == "no_links"


def test_both_languages_of_a_text_are_read() -> None:
    refuse_links(LocalText(ko="칸", en="stall"))
    with pytest.raises(ApiError):
        refuse_links(LocalText(ko="칸", en="stall。kr"))


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_stay_as_they_were_written(text: str) -> None:
    assert not has_link(text)
    assert without_links(text, "[링크 생략]") == text


@pytest.mark.parametrize("text", ["몰ㅋㅏ", "몰\u200b카", "ＭＯＬＫＡ", "рrank", "ｐｏｒｎ"])
def test_a_hurtful_word_is_seen_in_other_letters(text: str) -> None:
    assert hurtful_in(f"칸에 {text} 있음") is not None


def test_long_text_is_read_at_once() -> None:
    began = time.process_time()
    for text in ("a." * 500, "a-" * 500, "1." * 500, "가.나" * 300, "www" * 300, "h" * 999 + ":"):
        has_link(text)
    assert time.process_time() - began < 1  # 0.1 s here


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kim", "Кіm"), ("김하나", "김하나"), ("김하나", " 김 하나 "), ("김하나", "ᄀ\u1175ᆷ하나"),
        ("김하나１", "김하나1"),
        ("김하나1", "김하나l"), ("점검자-01", "점검자‐O1"), ("점검자-01", "점검자-0１"), ("kim", "KIM"),
        ("A-01", "Α-01"),
        ("민ㅡ", "민一"), ("김하나(2팀)", "김하나（2팀）"), ("하나\u3164", "하나"),
    ],
)  # fmt: skip
def test_look_alikes_share_a_look(one: str, other: str) -> None:
    assert looks(one) & looks(other)
    assert unlike([one, other, one]) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("김하나", "김히나"),
        ("김하나", "김하나 2"),
        ("점검자-01", "점검자-02"),
        ("점검자-01", "점검자-11"),
        ("김하나(1팀)", "김하나(2팀)"),
    ],
)
def test_other_names_do_not(one: str, other: str) -> None:
    assert not looks(one) & looks(other)
    assert unlike([one, other, one]) == 2


def test_writing_that_no_language_mixes() -> None:
    for text in ("Kіm", "김하나Ꭰ", "점검자-०1", "Анна 김"):
        assert mixes_scripts(text), text
    for text in ("김하나", "김하나(2팀)", "Kim 하나", "民 김", "Анна", "Γιώργος", "ひかり", "Nguyễn Văn An", "O'Neil"):
        assert not mixes_scripts(text), text
    assert is_invisible("\u3164") and is_invisible("\u200b") and not is_invisible(" ")
    assert folded("몰ㅋㅏ") == "몰카"
