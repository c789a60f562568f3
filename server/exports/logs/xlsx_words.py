"""What stands above, below and beside the rows of the workbook of the inspection log, in both languages."""

from __future__ import annotations

from server.interface.words import EQUIPMENT, PERSONS
from sweep.report import LocalText

TITLE = LocalText(ko="불법촬영기기 점검일지", en="Inspection log: covert recording devices")
DEMO_NOTICE = LocalText(
    ko="색칠된 행은 시뮬레이션·재생 기록입니다. 실제 점검이 아니므로 점검 실적으로 쓸 수 없습니다.",
    en="Coloured rows are simulations and replays: no real inspections, and never to be counted as such.",
)
"""Its beginning says what the rows are: the second sheet of paper across has room for no more."""
NAME = LocalText(ko="점검일지", en="Inspection log")
FOR_WHOM = LocalText(ko="관계자 외 열람 금지", en="For those concerned only")
NOTES: tuple[tuple[LocalText, LocalText], ...] = (
    (
        EQUIPMENT["clear"],
        LocalText(
            ko="점검 범위 안에서, 표에 적힌 대상에 대하여 이상이 없었다는 뜻입니다. 카메라가 없다는 증명이 아닙니다.",
            en="Nothing unusual within what was looked at, of the targets that the table names. No proof of no camera.",
        ),
    ),
    (
        EQUIPMENT["nothing_detected"],
        LocalText(
            ko="본 범위에서 감지된 것이 없습니다. 기기가 없다는 뜻이 아닙니다.",
            en="Nothing was detected in what was looked at. That does not mean that no device is there.",
        ),
    ),
    (
        EQUIPMENT["partly"],
        LocalText(
            ko="점검이 중단되었거나, 어떤 방식으로도 판정하지 못한 구역이 있습니다.",
            en="The sweep was broken off, or there are zones that no method could judge.",
        ),
    ),
    (
        EQUIPMENT["to_inspect"],
        LocalText(
            ko="장비가 지목한 위치가 있습니다. 사람이 판정하여도 장비 점검 결과는 바뀌지 않습니다.",
            en="The equipment points at a place. What persons decide does not change the result of the equipment.",
        ),
    ),
    (
        EQUIPMENT["not_measured"],
        LocalText(
            ko="점검자가 탐지기나 눈으로 확인하였습니다. 측정값과 찾았을 확률이 없습니다.",
            en="Inspectors looked with instruments or by eye. Nothing was measured.",
        ),
    ),
    (
        EQUIPMENT["no_report"],
        LocalText(
            ko="점검은 시작되었으나 보고서가 접수되지 않았거나 본문이 삭제되었습니다.",
            en="The sweep was started, but no report was received, or its body was erased.",
        ),
    ),
    (
        PERSONS["found"],
        LocalText(
            ko="사람이 눈으로 확인하여 카메라이거나 배제할 수 없다고 판정하였습니다. 장비는 그렇게 판정하지 않습니다.",
            en="Persons looked and decided that it is a camera or cannot be ruled out. No equipment decides that.",
        ),
    ),
    (
        PERSONS["suspected"],
        LocalText(
            ko="의심으로 적고 두 사람의 판정을 기다리는 곳이 있거나 의심흔적을 보았습니다.",
            en="A place noted as suspected waits for two persons' decision, or suspicious marks were seen.",
        ),
    ),
    (
        PERSONS["recheck"],
        LocalText(
            ko="사람이 다시 보기를 요청하였거나, 아직 판정하지 않은 확인할 곳이 남았습니다.",
            en="Persons asked to inspect again, or places to inspect are left that nobody decided on.",
        ),
    ),
    (
        PERSONS["not_recorded"],
        LocalText(
            ko="장비가 재지 않는 항목입니다. 현장에서 적어야 합니다.",
            en="The equipment does not measure this. It is to be noted on the spot.",
        ),
    ),
    (
        LocalText(ko="기록 해시", en="Record hash"),
        LocalText(
            ko="서명된 원본 기록의 SHA-256 값입니다. 이 파일과 원본 기록이 다르면 원본 기록이 우선합니다.",
            en="SHA-256 of the signed record. Where this file and the record differ, the record prevails.",
        ),
    ),
    (
        LocalText(ko="빠진 내용", en="Left out"),
        LocalText(
            ko="기기 주소, 기기 이름, 와이파이 이름(SSID), 사진은 넣지 않습니다. "
            "성명은 기관이 정한 때에 제출용에만 적습니다.",
            en="Device addresses, device names, Wi-Fi names (SSID), photographs. "
            "Persons are named in the Korean form alone, where an office wants it.",
        ),
    ),
)
"""What a word of the sheet means, on a sheet of its own."""
