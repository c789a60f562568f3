"""The command lines refuse in both languages, in one line that says what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from typer.exceptions import TyperException

from server import cli as server_cli
from sweep import cli as sweep_cli
from sweep.cli.config import ConfigError, read_config
from sweep.phrases import words
from sweep.report import first_problem
from sweep.report.refusals import usage

HANGUL = re.compile("[가-힣]")


def test_a_setting_that_is_wrong_is_told_in_korean(tmp_path: Path) -> None:
    file = tmp_path / "probe.toml"
    for text, said in (
        ("probe_idx = 1\n", "probe_idx: 없는 항목입니다"),
        ("hotspot = 1\n", "hotspot: true나 false여야 합니다"),
        ('carrier = "D"\n', "carrier: 다음 중 하나여야 합니다: 'A', 'B', 'C' or 'kit'"),
        ("wifi_dwell_s = 1.0\n", "wifi_dwell_s: 5 이상이어야 합니다"),
        ("range_sensor = true\n", "B·C 리비전 캐리어만 거리 센서에 전원을 줍니다"),
        ("a = = 1\n", "올바른 TOML이 아닙니다(1번째 줄 5번째 글자)"),
        ("a = 1\na = 2\n", "올바른 TOML이 아닙니다(2번째 줄 "),
        ('a = """', "올바른 TOML이 아닙니다(내용이 중간에 끝납니다)"),
        ("a = " + "[" * 9_999, "올바른 TOML이 아닙니다(너무 깊게"),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as refused:
            read_config(file)
        assert said in words(refused.value, "ko")
        assert not HANGUL.search(words(refused.value, "en"))


class Bounds(BaseModel):
    """A record with bounds of every kind that the project's own have."""

    model_config = ConfigDict(strict=True, extra="forbid")
    count: Annotated[int, Field(ge=1, le=5)] = 1
    share: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5
    name: Annotated[str, Field(min_length=2, max_length=4, pattern="^a+$")] = "aa"
    kind: Literal["x", "y"] = "x"
    many: Annotated[tuple[int, ...], Field(min_length=1, max_length=2)] = (1,)
    inner: dict[str, int] | None = None


@pytest.mark.parametrize(
    "given",
    [
        {"count": 0}, {"count": 9}, {"count": "1"}, {"count": 1.5}, {"share": 0.0}, {"share": 1.0}, {"share": "a"},
        {"name": "a"}, {"name": "aaaaa"}, {"name": "bb"}, {"name": 1}, {"kind": "z"}, {"many": []}, {"many": [1, 2, 3]},
        {"many": 1}, {"inner": 1}, {"other": 1}, [], 1, "text",
    ],
    ids=repr,
)  # fmt: skip
def test_a_record_out_of_bounds_is_told_in_korean(given: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Bounds.model_validate_json(json.dumps(given))
    assert HANGUL.search(words(first_problem(refused.value), "ko"))


@pytest.mark.parametrize(
    "text", ["", "{", "[1", "{'a': 1}", '{"a" 1}', '{"a": 1} x', '{"a": "b', "{1: 2}", '{"a": 1,}']
)
def test_text_that_is_no_json_is_told_in_korean(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Bounds.model_validate_json(text)
    assert HANGUL.search(words(first_problem(refused.value), "ko"))


@pytest.mark.parametrize(
    ("arguments", "ko", "en"),
    [
        (["nonsense"], "없는 명령입니다: 'nonsense'", "No such command 'nonsense'"),
        (["keys", "--nonsense"], "없는 옵션입니다: --nonsense", "No such option: --nonsense"),
        (["add-user", "x1"], "옵션 '--display-name'이 필요합니다", "Missing option '--display-name'"),
        (["add-user"], "인수 ", "Missing argument "),
        (["keys", "--data-dir"], "옵션 '--data-dir'에는 값이 필요합니다", "Option '--data-dir' requires an argument"),
        (["keys", "one"], "남는 인수가 있습니다: one", "Got unexpected extra argument(s) (one)"),
        (["serve", "--port", "x"], "'--port': 정수여야 합니다", "Input should be a valid integer"),
        (
            ["enrol", "00", "--role", "king", "--name", "x"],
            "--role은 다음 중 하나여야 합니다",
            "--role must be one of",
        ),
        (
            ["enrol", "00", "--role", "probe", "--name", "x", "--probe-id", "a b"],
            "--probe-id는 영문자나 숫자로",
            "--probe-id: letters, digits",
        ),
        (["witness", "w", "--name", "a", "--log", "x"], "검증 키가 아닙니다", "not a verifier key"),
        (
            ["export", "log", "x.csv", "--from", "soon"],
            "'--from': 'soon' does not match the formats '%Y-%m-%d' (도움말: ",
            "does not match the formats",
        ),
        (["export", "checkpoint", "/nowhere/x"], "/nowhere/x: 파일이나 폴더가 없습니다", "/nowhere/x: No such file"),
    ],
    ids=lambda one: "-".join(one).replace(" ", "_") if isinstance(one, list) else "",
)
def test_bad_usage_is_one_line_in_the_language_of_the_locale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], ko: str, en: str
) -> None:
    for locale, said in (("ko_KR.UTF-8", ko), ("C.UTF-8", en)):
        with pytest.raises(SystemExit) as ended:
            server_cli.main(arguments, {"ANSIM_DATA_DIR": str(tmp_path), "LC_ALL": locale})
        assert ended.value.code == 2
        line = capsys.readouterr().err
        assert said in line
        assert line.count("\n") == 1


WRONG_USE = [
    (["rf", "{nothing}"], "포트나 파일이 없습니다", "no such port or file"),
    (["rf", "{text}"], "센서 헤드의 시리얼 기록이 아닙니다", "is not a recording"),
    (["lens", "{text}"], "폴더가 아닙니다. 영상 폴더들이 든 폴더를 지정하십시오", "not a folder: give a folder"),
    (["wifi", "{text}"], "pcap이나 pcapng 기록이 아닙니다", "not a pcap or pcapng capture"),
    (["ble", "{nothing}"], "파일이나 폴더가 없습니다", "No such file or dir"),
    (["ble", "{text}"], "pcap, pcapng, btsnoop, JSON 가운데", "not a pcap, pcapng, btsnoop or JSON capture"),
    (["ble", "{unknown}"], "광고 신호가 없습니다. 읽는 항목: t_s, address,", "a field that is read: t_s, address"),
    (["ble", "{text}", "--json", "{nothing}/x"], "결과를 쓸 폴더가 없습니다(/", "there is no folder /"),
    (["wifi", "."], "'.': 일반 파일이 아닙니다", "'.': not a regular file"),
    (["demo", "--html", "{folder}"], "쓸 수 있는 곳을 --html로", "be written to with --html"),
    (["stimulus", "{text}", "--sequence", "{text}"], "기록의 stimulus.json을 지정하십시오", "give the stimulus.json"),
    (["replay", "{folder}"], "기록된 점검의 폴더를 지정하십시오", "give the folder of a recorded sweep"),
    (["lens-calibrate", "{folder}", "--out", "x"], "보정 계획에는", "the recipe names the clips"),
    (["lens-score", "{text}", "{folder}"], "JSON 문서가 아닙니다", "is not JSON"),
    (["doctor", "--config", "{text}"], "올바른 TOML이 아닙니다", "not valid TOML"),
    (["weights", "install", "{text}", "--key", "00"], "16진수 64자리", "64 hexadecimal digits"),
    (["run", "--sim", "--camera-in", "nowhere"], "도면에 없습니다. 다음 중에서", "is not on the plan; choose one of"),
    (["lens"], "인수 'DIR'이 필요합니다 (도움말: sweep lens --help)", "Missing argument 'DIR'; see sweep lens"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "ko", "en"), WRONG_USE, ids=[f"{one[0][0]}-{at}" for at, one in enumerate(WRONG_USE)]
)
@pytest.mark.parametrize("locale", ["ko_KR.UTF-8", "C.UTF-8"])
def test_the_probe_refuses_in_the_language_of_the_locale(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    ko: str,
    en: str,
    locale: str,
) -> None:
    (tmp_path / "text").write_text("this is nothing", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "unknown").write_text('[{"mac_address": "00:00:5e:00:53:01"}]', encoding="utf-8")
    places = {name: tmp_path / name for name in ("nothing", "text", "folder", "unknown")}
    given = [one.format(**places) for one in arguments]
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["sweep", *given])
    with pytest.raises(SystemExit) as ended:
        sweep_cli.main()
    assert ended.value.code == 2
    line = capsys.readouterr().err
    assert (ko if locale.startswith("ko") else en) in line
    assert line.count("\n") == 1
    assert bool(HANGUL.search(line)) == locale.startswith("ko")


@pytest.mark.parametrize(
    ("locale", "why"), [("ko_KR.UTF-8", "접근 권한이 없습니다"), ("C.UTF-8", "Permission denied")], ids=["ko", "en"]
)
def test_a_file_that_must_not_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, locale: str, why: str
) -> None:
    file = tmp_path / "noperm.pcap"
    file.touch()
    monkeypatch.setattr("os.access", lambda path, _mode: str(path) != str(file))  # root may read everything
    monkeypatch.setenv("LC_ALL", locale)
    for arguments in (["wifi", str(file)], ["key", "--config", str(file)]):
        monkeypatch.setattr("sys.argv", ["sweep", *arguments])
        with pytest.raises(SystemExit) as ended:
            sweep_cli.main()
        assert ended.value.code == 2
        assert capsys.readouterr().err.startswith(f"sweep: {file}: {why}")


def test_what_the_parser_alone_knows_is_told_as_it_came() -> None:
    new = TyperException("Something new.")
    assert words(usage(new, help_of="sweep"), "ko") == "사용법 오류: Something new (도움말: sweep --help)"
    assert words(usage(new, help_of="sweep"), "en") == "Something new; see sweep --help"
