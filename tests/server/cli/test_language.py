"""A command speaks Korean where the locale is Korean; POSIX says which variable decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from server import cli
from sweep.phrases import Language
from sweep.report.language import language_of


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "ko_KR.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": ""}, "ko"),  # empty counts as not set
        ({"LANG": "C"}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "ko"}, "ko"),
        ({"LC_ALL": "en_GB.UTF-8", "LANGUAGE": "de:ko_KR:en"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LANGUAGE": "en_US:ko"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LANGUAGE": "de"}, "ko"),
        ({"LANGUAGE": "ko"}, "ko"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "C", "LANGUAGE": "ko"}, "en"),
    ],
)
def test_the_first_variable_that_is_set_decides(environment: dict[str, str], language: Language) -> None:
    assert language_of(environment) == language


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("ko_KR.UTF-8", "기록 3건, 범위 full. 본문: 담음 3, 뺌 0, 지움 0, 없음 0"),
        ("en_GB.UTF-8", "3 entries, scope full; bodies: 3 present, 0 withheld, 0 erased, 0 missing"),
    ],
)
def test_what_an_export_holds_is_said_in_the_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], locale: str, said: str
) -> None:
    out = tmp_path / "log.jsonl"
    with pytest.raises(SystemExit) as ended:
        cli.main(["export", "entries", str(out)], {"ANSIM_DATA_DIR": str(tmp_path), "LC_ALL": locale})
    assert ended.value.code in {0, None}
    assert " ".join(capsys.readouterr().out.split()).endswith(f"log.jsonl: {said}")


@pytest.mark.parametrize(
    ("locale", "said"), [("ko_KR.UTF-8", "사용자 nobody: 찾을 수 없습니다"), ("en_GB.UTF-8", "user nobody: not found")]
)
def test_a_refusal_of_the_server_is_said_in_the_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], locale: str, said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["deactivate-user", "nobody"], {"ANSIM_DATA_DIR": str(tmp_path), "LC_ALL": locale})
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"sweep-server: {said}\n"
