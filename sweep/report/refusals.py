"""What the command lines refuse, in Korean and English: one catalogue for `sweep` and `sweep-server`.

A refusal is a code with values, or an error of the system, of the command line's parser or of a part of the project;
each comes out as one line in the language of the locale (`language`).  What a part says of itself is English and is
found in the catalogue of sentences (`sentences`); what another program said and nobody knows is told as it came, with
a Korean word before it.  Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from sweep.report.language import SYSTEM_WORDS, Language
from sweep.report.sentences import in_korean


class Refusal(NamedTuple):
    """One sentence in both languages; values stand in it as `{name}`."""

    ko: str
    en: str


REFUSALS: Final[Mapping[str, Refusal]] = {
    "stopped": Refusal("중단했습니다", "stopped"),
    # Files and folders
    "ending": Refusal(
        "{file}: 파일 이름이 {endings} 중 하나로 끝나야 합니다", "{file}: the file must end in {endings}"
    ),
    "file_exists": Refusal("{file}: 파일이 이미 있습니다", "{file}: there is a file already"),
    "folder_exists": Refusal(
        "{folder} 폴더가 이미 있습니다. 새 폴더를 지정하세요", "{folder} exists already; give a new folder"
    ),
    "result_is_input": Refusal(
        "{file}: 결과를 만드는 원본 파일입니다. --json에 다른 파일을 지정하세요",
        "{file}: is what the result comes from; give --json another file",
    ),
    "not_written": Refusal("{file}에 쓸 수 없습니다: {why}", "{file} cannot be written: {why}"),
    "not_opened": Refusal("{file}을(를) 열 수 없습니다: {why}", "{file} cannot be opened: {why}"),
    "too_large": Refusal("{file}이(가) {most}바이트보다 큽니다", "{file} is larger than {most} bytes"),
    "no_json": Refusal("{file}은(는) JSON 문서가 아닙니다", "{file} is no JSON document"),
    "tail_zeros": Refusal(
        "{file}: 마지막 {octets}바이트는 아무도 쓰지 않은 0입니다. 결과는 그 앞의 {rest}에 대한 것입니다",
        "{file}: its last {octets} octets are zeros that nobody wrote; the result covers the {rest} before",
    ),
    "cut_off": Refusal(
        "{file}: 중간에 잘려 마지막 {octets}바이트가 온전한 기록이 아닙니다. 결과는 그 앞의 {rest}에 대한 것입니다",
        "{file}: cut off, its last {octets} octets are no whole record; the result covers the {rest} before",
    ),
    # Options
    "one_of": Refusal("{option}은(는) 다음 중 하나여야 합니다: {choices}", "{option} must be one of {choices}"),
    "month": Refusal(
        "--month는 2026-11과 같은 달이어야 합니다: {given}", "--month must be a month such as 2026-11, not {given}"
    ),
    "band": Refusal("--band는 5 또는 2.4여야 합니다", "--band must be 5 or 2.4"),
    "adapter_listens": Refusal(
        "sweep0은 점검기가 수신에 쓰는 어댑터입니다. 보드의 무선 장치를 지정하세요",
        "sweep0 is the probe's adapter, which listens; name the radio of the board",
    ),
    "hotspot_name": Refusal(
        "--name은 영문자, 숫자, 붙임표 31자 이내여야 합니다", "--name: letters, digits and dashes, at most 31"
    ),
    "witness_name": Refusal("--name에는 빈칸과 더하기표를 쓸 수 없습니다", "--name: no spaces and no plus sign"),
    "two_persons_decide": Refusal(
        "두 사람이 결정합니다. --person을 사람마다 한 번씩, --reason에 사유를 쓰십시오",
        "two persons decide: give --person once for each, and --reason",
    ),
    "nothing_decided": Refusal("아무것도 결정하지 않았습니다", "nothing was decided"),
    "witness_log": Refusal("--log 값이 올바르지 않습니다: {why}", "--log: {why}"),
    "tenant": Refusal(
        "--tenant는 영문자, 숫자, 점, 붙임표, 밑줄 64자 이내여야 합니다",
        "--tenant: letters, digits, dots, dashes and underscores, at most 64",
    ),
    "probe_id": Refusal(
        "--probe-id는 영문자나 숫자로 시작하고 영문자, 숫자, 점, 붙임표, 밑줄 64자 이내여야 합니다",
        "--probe-id: letters, digits, dots, dashes and underscores, at most 64, beginning with a letter or digit",
    ),
    "network": Refusal(
        "--network는 10.42.0.0/24와 같은 IPv4 네트워크여야 합니다: {given}",
        "--network must be an IPv4 network such as 10.42.0.0/24, not {given}",
    ),
    "probe_id_needed": Refusal(
        "점검기 키에는 --probe-id 하나가 필요합니다", "one --probe-id is needed for the key of a probe"
    ),
    "relay_probes_needed": Refusal(
        "점검기 서버의 키에는 함께 쓰는 점검기마다 --probe-id가 필요합니다",
        "--probe-id is needed for the key of a Pi's server, once for each probe that stands beside it",
    ),
    "no_probe_id": Refusal("증인 키에는 --probe-id가 없습니다", "the key of a witness has no --probe-id"),
    "reason_needed": Refusal("--discard에는 --reason이 필요합니다", "--discard needs --reason"),
    "key_source": Refusal(
        "봉인된 키에는 --identity를, 데이터 폴더의 키에는 --keys-from을 하나만 지정하세요",
        "give either --identity for sealed keys, or --keys-from with a data folder",
    ),
    "file_or_not": Refusal(
        "install에는 FILE이 필요하고 show와 remove에는 필요 없습니다", "install needs a FILE, show and remove need none"
    ),
    "first_world": Refusal(
        "동작점은 첫 번째 세계에서만 고릅니다. 먼저 --world를 추가하세요",
        "operating points are chosen in the first world only: add --world first",
    ),
    # Persons
    "two_present": Refusal(
        "서로 다른 두 사람 이상이 함께 있어야 합니다: --person 이름 --person 이름",
        "at least two different persons must be present: --person NAME --person NAME",
    ),
    "two_declare": Refusal(
        "서로 다른 두 사람이 비어 있음을 확인해야 합니다: --declared-empty 이름을 두 번",
        "two different persons must declare the room empty: --declared-empty NAME twice",
    ),
    "two_declare_view": Refusal(
        "보이는 곳에 아무도 없음을 두 사람이 확인해야 합니다: --declared-empty 이름을 두 번",
        "two persons must declare that nobody is in view: --declared-empty NAME twice",
    ),
    "room_and_inspectors": Refusal(
        "실제 점검에는 --room 파일과 --inspector 이름 두 번이 필요합니다",
        "a live sweep needs --room FILE and --inspector NAME twice",
    ),
    "two_inspectors": Refusal(
        "실제 점검에는 서로 다른 두 사람이 필요합니다: --inspector에 다른 이름을 두 번",
        "a live sweep needs two different persons: --inspector NAME twice, with two names",
    ),
    "declared_where": Refusal(
        "실제 점검은 두 사람이 퇴실을 확인해야 시작됩니다. 터미널이나 휴대전화에서 시작하세요",
        "a live sweep begins when two persons declare the room empty: run it at a terminal, or from the phone",
    ),
    "nobody_answers": Refusal(
        "여기서는 대답할 사람이 없습니다. 터미널에서 실행하거나 --yes를 지정하세요",
        "nobody can answer here: run it at a terminal, or say --yes",
    ),
    # The probe
    "no_port": Refusal("시리얼 포트가 없습니다. 점검기를 연결하세요", "no serial port found: plug in the probe"),
    "name_port": Refusal("포트를 지정하세요: {ports}", "name the port: {ports}"),
    "head_port": Refusal(
        "센서 헤드의 포트를 --port나 설정의 port로 지정하세요",
        "name the sensor head's port: --port, or port in the settings",
    ),
    "no_source": Refusal(
        "{source}: 포트나 파일이 없습니다. 센서 헤드가 연결되어 있습니까?",
        "{source}: no such port or file; is the sensor head plugged in?",
    ),
    "no_part": Refusal(
        "측정할 장치가 없습니다. 설정에 wifi_adapter나 camera를 지정하거나 --sim을 쓰세요",
        "nothing to measure with: set wifi_adapter or camera in the configuration, or use --sim",
    ),
    "no_server": Refusal(
        "에이전트에는 서버가 필요합니다. --server 주소를 주거나 설정에 지정하세요",
        "the agent needs its server: give --server URL or set it in the configuration",
    ),
    "no_power_line": Refusal(
        "carrier와 camera_power_line이 모두 없어 무엇을 끌지 알 수 없습니다",
        "neither carrier nor camera_power_line is set, so nothing is known to switch off",
    ),
    "live_refused": Refusal("실제 점검이 거부될 상태입니다: {why}", "a live sweep would be refused: {why}"),
    "only_root": Refusal("root만 설치할 수 있습니다: sudo sweep update", "only root installs: sudo sweep update"),
    "read_only_system": Refusal(
        "시스템이 읽기 전용입니다. cmdline.txt에 overlayroot=disabled를 넣고 한 번 시작한 뒤 업데이트하세요",
        "the system is read-only: start once with overlayroot=disabled in cmdline.txt, then update",
    ),
    "nothing_removed": Refusal("아무것도 지우지 않았습니다", "nothing was removed"),
    "no_key_to_seal": Refusal("봉인할 {file}이(가) 없습니다", "there is no {file} to seal"),
    "entries_wait": Refusal(
        "{why} 기록 {waiting}건이 보낼 대기 중이며 잃은 것은 없습니다. 명령을 다시 실행하세요",
        "{why} {waiting} entries wait in the outbox, nothing is lost; run the command again",
    ),
    "unsaved": Refusal(
        "{why}; 디스크에 없고 보내지도 못함: {lost}; 디스크에 있는 대기 기록: {on_disk}건",
        "{why}; NOT on disk and not delivered: {lost}; on disk: {on_disk} entries that wait",
    ),
    "unsaved_after": Refusal(
        "{error} {why}; 디스크에 없고 보내지도 못함: {lost}; 디스크에 있는 대기 기록: {on_disk}건",
        "{error} {why}; NOT on disk and not delivered: {lost}; on disk: {on_disk} entries that wait",
    ),
    "entries_partly": Refusal(
        "{why}; {delivered}건 보냄, {pending}건 대기 중, 잃은 것은 없습니다",
        "{why}; {delivered} entries delivered, {pending} wait, nothing is lost",
    ),
    "rf_nominal": Refusal("전파 보정을 쓸 수 없음: {why}", "RF levels are nominal: {why}"),
    "weights_left_out": Refusal("설치한 가중치를 쓸 수 없음: {why}", "the installed weights are left out: {why}"),
    "lens_uncalibrated": Refusal("카메라 보정을 쓸 수 없음: {why}", "the camera is not calibrated: {why}"),
    "no_energy_meter": Refusal("전력계를 읽을 수 없음: {why}", "the energy meter cannot be read: {why}"),
    "inputs_not_read": Refusal("전원 입력을 읽을 수 없음: {why}", "the inputs cannot be told apart: {why}"),
    "replayed_before": Refusal(
        "이미 실행한 기록입니다(점검 {sweep}). 새 점검으로 만들려면 --again을 지정하세요",
        "this recording was replayed before as sweep {sweep}; --again makes a new one",
    ),
    "no_server_given": Refusal(
        "서명된 기록 {waiting}건이 보낼 대기 중입니다. --server 주소를 주면 보냅니다",
        "{waiting} signed entries wait in the outbox; --server URL delivers them",
    ),
    "delivered": Refusal(
        "서명된 기록: {delivered}건 보냄, {refused}건 거부됨, {waiting}건 대기 중",
        "{delivered} signed entries delivered, {refused} refused, {waiting} waiting",
    ),
    "set_aside": Refusal("{file}: 따로 두었습니다({kind}): {why}", "{file} was set aside ({kind}): {why}"),
    "made_good": Refusal(
        "보낼 기록의 {files}이(가) 손상되어 복구했습니다. 디스크를 확인하세요",
        "{files} of the outbox was damaged and made good: check the disk",
    ),
    # The server
    "user_name": Refusal(
        "아이디는 영문 소문자, 숫자, . _ - 로 60자까지이며 문자나 숫자로 시작합니다: {name}",
        "a user name has at most 60 of a-z, 0-9, . _ -, the first a letter or digit: {name}",
    ),
    "public_key": Refusal("공개 키는 16진수 64자리입니다", "a public key is 64 hexadecimal digits"),
    "database": Refusal("데이터베이스가 거부함: {why}", "the database refuses: {why}"),
    "no_witness": Refusal("아직 이 로그에 서명한 증인이 없습니다", "no witness has signed this log yet"),
    "field_test": Refusal(
        "{file}: 현장 시험 파일에는 {fields}만 있어야 합니다",
        "{file}: a field test has {fields} and nothing else",
    ),
    "other_tenant": Refusal(
        "{file}은(는) 이 서버가 맡은 {tenant}의 것이 아닙니다",
        "{file} is not of {tenant}, for which this server speaks",
    ),
    "rows_lost": Refusal("처리하지 못한 행이 있습니다", "rows are not accounted for"),
    "root_exists": Refusal(
        "{file}이(가) 이미 있습니다. 루트 키는 덮어쓰지 않습니다",
        "{file} exists already: a root key is never overwritten",
    ),
    "other_root": Refusal(
        "요청은 루트 키 {asked}에 대한 것인데 이 키는 {own}입니다",
        "the requests are for root key {asked}; this is {own}",
    ),
    "nothing_signed": Refusal("아무것도 서명하지 않았습니다", "nothing was signed"),
    "passphrase": Refusal(
        "{least}자 이상의 암호 문구가 필요합니다", "a passphrase of at least {least} characters is needed"
    ),
}

RELAYED: Final = frozenset({"why", "error"})
"""Values that are sentences themselves."""


def refusal(code: str, language: Language, **values: object) -> str:
    """The sentence of a code; raises KeyError for an unknown code or a missing value.

    What a part said (`why`, `error`) is put into the same language.
    """
    words = REFUSALS[code]
    for name in RELAYED & values.keys():
        line = " ".join(str(values[name]).split())
        values[name] = line if language == "en" else in_korean(line) or line
    return (words.ko if language == "ko" else words.en).format(**values)


def system_words(error: OSError, language: Language) -> str:
    """What the system refused, in one line without the file's name."""
    said = error.strerror or str(error)
    if language == "en":
        return said
    return in_korean(said) or SYSTEM_WORDS.get(error.errno or 0) or f"오류: {said}"


def usage_words(message: str, language: Language, *, help_of: str) -> str:
    """What the parser of the command line says, and where help is, in one line.  `help_of`: program or command."""
    line = " ".join(message.replace("Value error, ", "").split()).rstrip(".")
    if language == "en":
        return f"{line}; see {help_of} --help"
    return f"{in_korean(line) or f'사용법 오류: {line}'} (도움말: {help_of} --help)"


def error_words(error: Exception, language: Language) -> str:
    """What an error of the system or of a part says; one line, of a file with its name."""
    if isinstance(error, OSError) and error.strerror is not None:
        words = system_words(error, language)
        return words if error.filename is None else f"{error.filename}: {words}"
    line = " ".join(str(error).split())
    return line if language == "en" else in_korean(line) or f"오류: {line}"
