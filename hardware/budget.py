"""What an office can budget: the table of `server/BUDGET.md`, in both languages.

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
ASK, OWN = "견적을 받을 것 / ask for an offer", "조회하지 않음 / not looked up"


def markdown() -> list[str]:
    """The table; from and to of an amount are without and with every optional lamp board."""
    bill = bom.lines()
    bench, date = round(kit.bill_usd()), kit.kit()["bill"]["date"]
    one, ten = (tuple(round(bom.cost_usd(bill, n, options)) for options in (False, True)) for n in (1, 10))
    quoted = f"{sum(line.state != 'unchecked' for line in bill)} / {len(bill)}"
    rows: list[tuple[str, tuple[int, ...], str]] = [
        ("작업대 키트 부품 / bench kit, parts", (bench,), f"추정 / estimate, {date}"),
        ("점검기 한 대 부품 / one probe, parts", one, f"추정 / estimate; 견적 / quoted: {quoted}"),
        ("**키트와 점검기 한 대 / kit and one probe**", tuple(bench + usd for usd in one), "합계 / sum"),
        *(
            (
                f"점검기 {n}대 부품 / {n} probes, parts",
                tuple(n * usd for usd in one),
                "한 대 × 수량, 할인 모름 / one × n, discount not known",
            )
            for n in (2, 5)
        ),
        ("점검기 10대 부품 / 10 probes, parts", ten, "열 개 단가 / at prices for ten; 추정 / estimate"),
        ("눈 안전 시험소, KC / laboratory for eye safety, KC", (), ASK),
        ("운송, 관세, 세금, 예비품 / shipping, customs, taxes, spares", (), ASK),
        ("기판 조립·케이블·출력 주문 / boards, cables, prints ordered done", (), ASK),
        ("공구, 시험용 카메라와 물체, 기준판 / tools, things of the field test, reference boards", (), OWN),
        ("휴대전화, 파이가 아닌 서버, 인건비 / phones, a server other than the Pi, wages", (), OWN),
    ]
    return ["| 무엇 / what | USD | 원 / won | 근거 / from |", "|---|---|---|---|"] + [
        f"| {what} | {_span(usd)} | {_span(tuple(round(one * WON_PER_USD, -3) for one in usd))} | {source} |"
        for what, usd, source in rows
    ]


def _span(amounts: tuple[int, ...]) -> str:
    """One amount, or from and to; nothing known without any."""
    return " – ".join(f"{amount:,}" for amount in amounts) or "모름 / not known"
