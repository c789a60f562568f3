"""Alarms: things about the record that a person must look at. Appended by the ingest path, never changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, or_, select

from server.interface.views.entries import AlarmView
from server.store.clock import from_ms, now_ms
from server.store.schema import alarms
from sweep.report import LocalText, new_id

TEXTS: dict[str, LocalText] = {
    "conflict": LocalText(
        ko="같은 번호로 서로 다른 기록이 들어왔습니다. 둘 다 보관했습니다",
        en="Two different entries claim the same place; both are kept",
    ),
    "chain_break": LocalText(
        ko="기록이 바로 앞 기록과 이어지지 않습니다", en="An entry does not follow the one before it"
    ),
    "source_not_allowed": LocalText(
        ko="이 키로는 이런 출처의 기록에 서명할 수 없습니다", en="This key may not sign entries of this source"
    ),
    "tenant_not_allowed": LocalText(
        ko="다른 기관의 이름으로 된 기록입니다. 점검기의 기관 설정을 확인하십시오",
        en="An entry names another organisation than its key's; check the probe's setting `tenant`",
    ),
    "kind_not_allowed": LocalText(
        ko="이 키로는 이런 종류의 기록에 서명할 수 없습니다", en="This key may not sign entries of this kind"
    ),
    "assurance_not_allowed": LocalText(
        ko="이 키로는 이런 본인 확인 수준의 기록에 서명할 수 없습니다",
        en="This key may not sign entries of this assurance",
    ),
    "subject_not_allowed": LocalText(
        ko="점검기의 키가 다른 이름으로 서명했습니다", en="The key of a probe signed under another name"
    ),
    "sweep_not_allowed": LocalText(
        ko="이 키로는 점검에 관한 기록에 이렇게 서명할 수 없습니다",
        en="This key may not sign entries about sweeps like this",
    ),
    "room_not_allowed": LocalText(
        ko="다른 구의 방을 적은 기록이 들어왔습니다. 반영하지 않았습니다",
        en="An entry speaks of a room of another district than its key's; it does not count",
    ),
    "sweep_of_another_key": LocalText(
        ko="다른 점검기의 점검에 관한 기록이 들어왔습니다. 반영하지 않았습니다",
        en="An entry speaks of another probe's sweep; it does not count",
    ),
    "sweep_of_another_probe": LocalText(
        ko="다른 점검기의 점검에 관한 판정이 점검기 서버에서 들어왔습니다. 반영하지 않았습니다",
        en="The server of a Pi spoke of a sweep that none of its probes made; it does not count",
    ),
    "server_key_is_relay": LocalText(
        ko="시청 서버가 아닌 서버의 키가 시청 서버 키로 등록되어 있어 점검기 서버로 바로잡았습니다. "
        "그 점검기를 지정할 때까지(sweep-server enrol --role relay --probe-id) 이 키의 판정은 반영되지 않습니다",
        en="A server other than this one was admitted as this one and is now judged as the server of a Pi: name its "
        "probes (sweep-server enrol --role relay --probe-id) before what it says of sweeps counts",
    ),
    "erasure_not_of_this": LocalText(
        ko="다른 방, 점검 또는 출처의 기록이 함께 쓰는 본문이어서 지우지 않았습니다",
        en="An erasure named a body that belongs to another room, sweep or source as well; nothing was erased",
    ),
    "sweep_of_another_room": LocalText(
        ko="점검을 다른 방으로 적은 기록이 들어왔습니다. 반영하지 않았습니다",
        en="An entry puts the sweep into another room; it does not count",
    ),
    "sweep_of_another_source": LocalText(
        ko="점검의 출처를 다르게 적은 기록이 들어왔습니다. 반영하지 않았습니다",
        en="An entry gives the sweep another source; it does not count",
    ),
    "quarantine_purged": LocalText(
        ko="등록되지 않은 키의 기록을 비웠습니다. 감사 기록에 이유가 있습니다",
        en="Entries of a key that nobody admitted were purged; the audit trail says why",
    ),
    "witness_refused": LocalText(
        ko="외부 증인이 서명을 거부했습니다. 기록이 전에 서명한 것과 이어지지 않습니다",
        en="The witness outside refused to sign: the log does not continue what it signed before",
    ),
    "log_forked": LocalText(
        ko="이 로그의 키로 서명된, 이 로그와 다른 체크포인트가 있습니다. 둘 다 보관했습니다. 키와 격리함을 보십시오",
        en="A key of this log signed a head that is not of this log; both are kept: see keys and quarantine",
    ),
    "witness_forgot": LocalText(
        ko="외부 증인이 전에 서명한 것을 기억하지 못합니다. 증인 기관에 확인하십시오",
        en="The witness outside has forgotten what it signed: ask the organisation that runs it",
    ),
    "city_log_went_back": LocalText(
        ko="시청 서버의 기록이 전에 본 것과 이어지지 않습니다. 전송을 멈췄고 아무것도 지우지 않았습니다",
        en="The log of the city's server does not continue what was seen of it: the relay has stopped, all copies stay",
    ),
    "city_key_changed": LocalText(
        ko="시청 서버의 키가 처음과 다릅니다. 전송하지 않습니다",
        en="The key of the city's server is not the one of the first contact: nothing is relayed",
    ),
    "relay_refused": LocalText(
        ko="시청 서버가 받지 않은 기록이 있습니다. 이 점검기에는 남아 있습니다",
        en="The city's server refused an entry; it stays here",
    ),
    "city_entry_refused": LocalText(
        ko="시청에서 내려온 기록의 서명을 확인할 수 없어 따르지 않았습니다",
        en="An entry that came down from the city does not verify and was not followed",
    ),
    "plan_kept": LocalText(
        ko="시청의 도면과 다른 도면이 이 점검기에 있습니다. 덮어쓰지 않았습니다",
        en="This server has another plan of a room than the city; it was not overwritten",
    ),
    "judged_anew": LocalText(
        ko="기록을 다시 판정해 반영이 달라진 점검이 있습니다. 감사 기록에 이미 내보낸 문서가 적혀 있습니다",
        en="The log was judged anew and some sweeps say something else now; the audit trail names documents given out",
    ),
    "unreadable_body": LocalText(ko="본문을 읽을 수 없는 기록이 있습니다", en="The body of an entry cannot be read"),
    "photo_doubted": LocalText(
        ko="열어 본 물체 사진이 촬영 때 기록한 것과 다르거나 촬영 정보가 남아 있습니다. 기록을 확인하십시오",
        en="An opened photograph was not the declared one, or still held metadata; look at its entry",
    ),
    "photo_not_openable": LocalText(
        ko="증거담당자의 키로 봉인했다고 기록된 물체 사진이 그 키로 열리지 않습니다. 촬영한 사람에게 확인하십시오",
        en="A photograph does not open with a key that it was to be sealed to: ask who took it",
    ),
    "probe_out_of_control": LocalText(
        ko="점검기 성능이 떨어졌습니다(기준 점검 관리도 이탈). 판정이 제한됩니다. 수리를 맡기십시오",
        en="A probe has lost sensitivity (out of control on its chart): its verdicts are limited; have it repaired",
    ),
    "second_report": LocalText(
        ko="한 점검에 다른 키의 보고서가 또 들어왔습니다", en="Another key sent a second report of the same sweep"
    ),
}


def raise_alarm(
    connection: Connection,
    code: str,
    *,
    key_id: str | None,
    sweep_id: UUID | None,
    log_index: int | None,
    other_log_index: int | None = None,
) -> None:
    """Append an alarm with a code of `TEXTS`, once for the same pair of entries."""
    known = select(alarms.c.alarm_id).where(
        alarms.c.code == code, alarms.c.log_index == log_index, alarms.c.other_log_index == other_log_index
    )
    if connection.scalar(known) is not None:
        return
    connection.execute(
        insert(alarms).values(
            alarm_id=new_id(),
            at_ms=now_ms(),
            code=code,
            key_id=key_id,
            sweep_id=sweep_id,
            log_index=log_index,
            other_log_index=other_log_index,
        )
    )


def alarms_about(connection: Connection, sweep_id: UUID, key_ids: frozenset[str]) -> tuple[AlarmView, ...]:
    """Alarms about what its own keys said of a sweep, and conflicts of theirs that name no sweep, oldest first.

    What another key says of it is no alarm of the sweep's: anybody can write its id.
    """
    is_about = or_(alarms.c.sweep_id == sweep_id, alarms.c.sweep_id.is_(None))
    statement = (
        select(alarms).where(is_about, alarms.c.key_id.in_(sorted(key_ids))).order_by(alarms.c.at_ms, alarms.c.alarm_id)
    )
    return tuple(alarm_view(row) for row in connection.execute(statement))


def alarm_view(row: Row[Any]) -> AlarmView:
    """A row of `alarms` as a view."""
    return AlarmView(
        at=from_ms(row.at_ms),
        code=row.code,
        text=TEXTS[row.code],
        key_id=row.key_id,
        log_index=row.log_index,
        other_log_index=row.other_log_index,
    )
