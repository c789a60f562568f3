"""Tables of commands, in the language of the locale, that fit the terminal.

Input is headings and rows; output is a table whose columns wrap between words, or where not even the longest words
have room beside each other, a block of lines for each row.  Nothing is cut.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.table import Table

from sweep.cli.output import out, print_below
from sweep.report.language import Said, spoken


def show_table(headings: Sequence[Said], rows: Sequence[Sequence[Said]], *, title: str | None = None) -> None:
    """Print a table; a cell may hold several lines."""
    names, cells = [spoken(one) for one in headings], [[spoken(cell) for cell in row] for row in rows]
    columns = list(zip(names, *cells, strict=True))
    whole = [max(cell_len(line) for text in column for line in text.split("\n")) for column in columns]
    least = [max(cell_len(word) for text in column for word in text.split() or [""]) for column in columns]
    room = out.width - 2 * (len(columns) - 1)
    # Where not all has room, headings give way before cells.
    cells_whole = [
        max([short, *(cell_len(line) for text in column[1:] for line in text.split("\n"))])
        for short, column in zip(least, columns, strict=True)
    ]
    widths = fitted(whole if sum(whole) <= room else cells_whole, least, room)
    if widths is None:
        _show_blocks(names, cells, title)
        return
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False, title=title, title_justify="left"
    )
    for name, width in zip(names, widths, strict=True):
        table.add_column(name, width=width, overflow="fold")
    for row in cells:
        table.add_row(*row)
    out.print(table)


def fitted(natural: Sequence[int], least: Sequence[int], room: int) -> list[int] | None:
    """Widths of columns that together have `room`, the widest giving way first; None where the longest words do not."""
    if sum(least) > room:
        return None
    widths = list(natural)
    while sum(widths) > room:
        number = max((n for n in range(len(widths)) if widths[n] > least[n]), key=lambda n: widths[n])
        widths[number] -= 1
    return widths


def _show_blocks(names: Sequence[str], cells: Sequence[Sequence[str]], title: str | None) -> None:
    if title is not None:
        out.print(title)
    for first, *others in cells:
        out.print(first, style="bold")
        for name, text in zip(names[1:], others, strict=True):
            if text:
                print_below(out, "  ", ": ".join(filter(None, (name, " ".join(text.split())))))
