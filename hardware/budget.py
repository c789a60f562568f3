"""What an office can budget: the table of `server/BUDGET.md`, in Korean, each row named in English too.

Job: add up what the bills say, in US dollars and won, and name what nobody knows yet.  Input: `bom.csv`,
`kit/kit.toml`; output: the rows of the table.  It looks up no price, wage or rate, and puts no figure where an offer
has to be asked for.
"""

from __future__ import annotations

from hardware import bom
from hardware.kit import table as kit

WON_PER_USD = 1_400
"""Assumed for planning on RATE_DATE, looked up by nobody: whoever budgets multiplies by the day's rate."""
RATE_DATE = "2026-12-02"
ASK, OWN, UNKNOWN = "견적을 받을 것", "조회하지 않음", "모름"


def kit_and_probe_won() -> tuple[int, int]:
    """The kit and one probe, without and with every optional lamp board."""
    least, most = (round(kit.bill_usd()) + usd for usd in _probes(1))
    return _won(least), _won(most)


def markdown() -> list[str]:
    """The table; from and to of an amount are without and with every optional lamp board."""
    bill = bom.lines()
    bench, date = round(kit.bill_usd()), kit.kit()["bill"]["date"]
    one, ten = _probes(1), _probes(10)
    quoted = sum(line.state != "unchecked" for line in bill)
    rows: list[tuple[str, tuple[int, ...], str, str]] = [
        ("작업대 키트 부품", (bench,), f"추정, {date}", "bench kit"),
        ("점검기 한 대 부품", one, f"추정, {len(bill)}줄 가운데 견적 {quoted}줄", "one probe"),
        ("**키트와 점검기 한 대**", tuple(bench + usd for usd in one), "합계", "**kit and one probe**"),
        *(
            (f"점검기 {n}대 부품", tuple(n * usd for usd in one), "한 대 × 수량, 할인 모름", f"{n} probes")
            for n in (2, 5)
        ),
        ("점검기 10대 부품", ten, "열 개 단가로 추정", "10 probes"),
        ("눈 안전 시험소, KC", (), ASK, "eye safety, KC"),
        ("운송, 관세, 세금, 예비품", (), ASK, "shipping, customs, taxes, spares"),
        ("기판 조립·케이블·출력 주문", (), ASK, "boards, cables, prints ordered done"),
        ("공구, 시험용 카메라와 물체, 기준판", (), OWN, "tools, test objects, reference boards"),
        ("휴대전화, 파이가 아닌 서버, 인건비", (), OWN, "phones, other servers, wages"),
    ]
    return ["| 무엇 | 원 | USD | 근거 | in English |", "|---|---|---|---|---|"] + [
        f"| {what} | {_span(tuple(map(_won, usd)))} | {_span(usd)} | {source} | {english} |"
        for what, usd, source, english in rows
    ]


def _probes(count: int) -> tuple[int, int]:
    """US dollars for the parts of so many probes, without and with every optional lamp board."""
    bill = bom.lines()
    return round(bom.cost_usd(bill, count)), round(bom.cost_usd(bill, count, with_options=True))


def _won(usd: int) -> int:
    return round(usd * WON_PER_USD, -3)


def _span(amounts: tuple[int, ...]) -> str:
    """One amount, or from and to; nothing known without any."""
    return " – ".join(f"{amount:,}" for amount in amounts) or UNKNOWN
