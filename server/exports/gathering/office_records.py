"""What an office keeps about its own documents, as documents: the register of what was given away, and a handover.

Input are rows; output are documents in the shape of `office_paper`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from server.cases.words import NEXT
from server.exports.logs.office_paper import OfficePaper, Section
from server.interface.views.offices import ProvisionView
from server.interface.words import INSTRUMENTS, PROVISION_BASES, PROVISION_FORMS, ROLES, kst
from server.places.handover import Told
from server.projections.log_records import Printing
from server.store.schema import users
from sweep.phrases import with_particles


def provision_paper(
    provisions: tuple[ProvisionView, ...], year: int, made: datetime, printing: Printing
) -> OfficePaper:
    """The register of a year; what was written down wrongly stands in it, marked."""
    rows = [
        (
            str(number),
            one.day.isoformat(),
            one.document_no + (" (기재 취소)" if one.is_withdrawn else ""),
            one.recipient,
            PROVISION_BASES[one.basis].ko,
            one.purpose,
            one.items,
            PROVISION_FORMS[one.form].ko,
            one.limits or "–",
            one.recorded_by,
        )
        for number, one in enumerate(provisions, start=1)
    ]
    counted = sum(not one.is_withdrawn for one in provisions)
    return OfficePaper(
        title="개인정보 제3자 제공 대장",
        english="Register of what was given to other agencies and persons",
        printing=printing,
        made=made,
        fields=(("기간", f"{year}-01-01 ~ {year}-12-31"), ("제공", f"{counted}건")),
        sections=(
            Section(
                "제공 내역",
                (),
                (
                    "번호",
                    "제공일",
                    "문서·자료",
                    "제공받는 자",
                    "법적 근거",
                    "제공 목적",
                    "제공 항목",
                    "형태",
                    "보호조치 요청",
                    "기재자",
                ),
                (0.5, 1.1, 1.5, 1.5, 1.9, 1.5, 1.5, 0.7, 1.3, 1.1),
                rows,
                "이 기간에 제공한 것이 없습니다.",
            ),
        ),
        closing=(
            "개인정보 보호법 시행규칙 별지 제1호서식(목적 외 이용 및 제3자 제공 대장)의 항목을 따릅니다.",
            "확인 건 기록 묶음은 열람 기록에서 옮긴 것이며, 그 밖의 것은 담당자가 적은 것입니다.",
        ),
        is_across=True,
    )


def handover_paper(
    connection: Connection, told: Told, accounts: tuple[str, str], reason: str, made: datetime, printing: Printing
) -> OfficePaper:
    """What went over, with room for three signatures; persons as they are called now."""
    partners = {str(one["partner"]) for one in told.pairs}
    named = select(users.c.account, users.c.display_name).where(users.c.account.in_({*accounts, *partners}))
    names = {row.account: printing.who(row.display_name) for row in connection.execute(named)}
    leaver, follower = (names.get(account, account) for account in accounts)
    return OfficePaper(
        title="업무 인수인계서",
        english="Handover of an office",
        printing=printing,
        made=made,
        fields=(
            ("인계자", f"{leaver} ({_role(told.from_role)})"),
            ("인수자", f"{follower} ({_role(told.to_role)})"),
            ("일시", f"{kst(made)} (한국시간)"),
            ("사유", reason),
            ("인계자 계정", "사용 중지함" if told.is_leaving else "계속 사용함"),
        ),
        sections=(
            Section(
                "처리 중인 확인 건",
                (),
                ("순번", "장소", "확인 건", "접수", "기한", "다음에 할 일"),
                (0.5, 2.2, 2, 1.1, 1.1, 3),
                [
                    (
                        str(number),
                        one["place"],
                        f"번호 {one['case_id']}",
                        one["opened"][:10],
                        one["due"] or "–",
                        _next(one["state"]),
                    )
                    for number, one in enumerate(told.cases, start=1)
                ],
            ),
            Section(
                "증거 사진의 키",
                ("옛 키로 봉인된 사진은 그 개인키 파일로만 열립니다. 파일을 봉인하여 인수자에게 넘깁니다.",)
                if told.keys
                else (),
                ("끝난 키", "등록일", "이후 봉인할 키"),
                (1.4, 1, 1.6),
                [(one["key_id"], one["made"][:10], one["next"]) for one in told.keys],
            ),
            Section(
                "보관 장비",
                (),
                ("종류", "제조사·모델", "일련번호"),
                (1, 2, 1.4),
                [
                    (
                        INSTRUMENTS[one["kind"]].ko,
                        " ".join(part for part in (one["maker"], one["model"]) if part) or "–",
                        one["serial"] or "–",
                    )
                    for one in told.instruments
                ],
            ),
            Section(
                "맡은 일",
                (),
                ("구분", "내용", "처리"),
                (1, 3, 1.4),
                [
                    *(
                        (
                            "점검 조",
                            with_particles(f"{names.get(str(one['partner']), one['partner'])}와(과) 한 조"),
                            "인수자가 이어받음" if one["goes_on"] else "조를 풀었음",
                        )
                        for one in told.pairs
                    ),
                    *(
                        (
                            "지시한 점검",
                            f"{one['place']} {one['first_day']} ~ {one['last_day']}"
                            + (" (경찰 합동)" if one["with_police"] else ""),
                            "인수자가 확인",
                        )
                        for one in told.orders
                    ),
                ],
            ),
        ),
        closing=(
            "위와 같이 업무를 인계하고 인수합니다.",
            "관계자 외 열람 금지 · 점검 예정일과 확인 건을 밖에 알리지 않습니다.",
        ),
        signing=(("인계자", leaver), ("인수자", follower), ("확인자", "")),
    )


def _next(state: str) -> str:
    return next((words.said.ko for code, words in NEXT.items() if code == state), "")


def _role(role: str) -> str:
    return ROLES[role].ko if role in ROLES else role
