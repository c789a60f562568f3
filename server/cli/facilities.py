"""Facilities from files: `import-facilities` and `undo-import`."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from server.cli.base import (
    DatabaseUrl,
    DataDir,
    database_of,
    fail,
    kept_settings,
    new_file,
    print_words,
    say,
)
from server.imports import importing, questions
from server.imports.rows import outlines
from server.imports.rows.reasons import OUTCOMES, words_of
from server.interface.safe_text import defuse_formula
from server.interface.words import kst
from server.places import facilities
from server.store.db import Database
from sweep.phrases import Phrase, Spoken
from sweep.report import display_text

ACTOR = "sweep-server"


def import_facilities(
    file: Path,
    preview: Annotated[bool, typer.Option("--preview", help="Show what would happen and change nothing.")] = False,
    rows: Annotated[Path | None, typer.Option(help="Write every row with its outcome and reasons (CSV).")] = None,
    districts: Annotated[
        Path | None, typer.Option(help="Outlines of districts (GeoJSON), kept for later files.")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Add facilities with their rooms and plans from a file: the national standard, Seoul's, changing rooms, or JSON.

    Every row of a CSV file is accounted for, what needs a person becomes a question, and all of it can be undone.
    """
    data = None if file.suffix.lower() == ".json" else file.read_bytes()
    outline_bytes = None if districts is None else districts.read_bytes()
    with database_of(kept_settings(data_dir, database_url)) as db:
        found = () if outline_bytes is None else outlines.read_outlines(outline_bytes)
        if found and not preview:
            with db.write() as connection:
                outlines.store_outlines(connection, found, actor=ACTOR)
            print_words("outlines_kept", count=len(found))
        if data is None:
            _import_json(db, file)
            return
        with db.read() as connection:
            judged = importing.judge_file(connection, data, outlines.Districts(found) if found else None)
        _tell(judged)
        if rows is not None:
            with new_file(rows) as out:
                out.write(_rows_csv(judged))
        if preview:
            print_words("import_preview")
            return
        import_id = importing.preview(db, data, file.name, actor=ACTOR)
        importing.confirm(db, import_id, actor=ACTOR)
    print_words("import_done", import_id=import_id, again=import_id)


def undo_import(
    import_id: Annotated[
        UUID | None, typer.Argument(help="Import id as printed; without it, list the imports.")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Undo an import. What sweeps or persons refer to by now stays."""
    with database_of(kept_settings(data_dir, database_url)) as db:
        if import_id is None:
            with db.read() as connection:
                found = questions.list_imports(connection).imports
            if not found:
                print_words("none_listed")
            for one in found:
                name = display_text(one.file_name, limit=60)
                about = {"id": one.import_id, "created": kst(one.created), "state": one.state}
                print_words("import_listed", **about, name=name, rows=one.rows, questions=one.open_questions)
            return
        kept = importing.undo(db, import_id, actor=ACTOR)
    if kept:
        print_words("import_undone_but", kept=kept)
    else:
        print_words("import_undone")


def _import_json(db: Database, file: Path) -> None:
    found = facilities.read_facility_file(file)
    added = 0
    for item in found:  # one transaction each, so that a running server takes entries in between
        with db.write() as connection:
            added += facilities.import_facility(connection, item, is_demo=False, actor=ACTOR)
    print_words("facilities_added", added=added, known=len(found) - added)


def _tell(judged: importing.FilePreview) -> None:
    """Counts and reasons; they add up to the rows of the file."""
    table = judged.table
    outcomes: Counter[str] = Counter(row.decision.outcome for row in judged.rows)
    if sum(outcomes.values()) != len(table.rows) + len(table.own):
        fail("rows_not_accounted_for")
    print_words(
        "file_rows", layout=table.layout, encoding=table.encoding, rows=len(judged.rows), blank=table.blank_rows
    )
    told = [(row.decision.outcome, " ".join(row.decision.reasons)) for row in judged.rows]
    reasons = questions.reason_counts(told)
    for outcome, said in OUTCOMES.items():
        say(Phrase("counted_outcome", count=outcomes[outcome], what=said))
        for one in reasons:
            if one.outcome == outcome:
                why = Spoken(one.words.ko, one.words.en)
                say(Phrase("counted_reason", count=one.rows, why=why, code=one.reason))
    if judged.missing:
        why = Spoken(words_of("not_listed").ko, words_of("not_listed").en)
        print_words("counted_missing", count=len(judged.missing), why=why)


def _rows_csv(judged: importing.FilePreview) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("line", "outcome", "reasons", "identifier", "name", "address", "district"))
    for row in judged.rows:
        place = json.loads(row.item.to_json())
        told = (row.item.key, *(str(place.get(name, "")) for name in ("name", "address", "district")))
        reasons = " ".join(row.decision.reasons)
        writer.writerow((row.line, row.decision.outcome, reasons, *map(defuse_formula, told)))
    for one in judged.missing:
        told = (one.place.key or "", one.place.name, one.place.address, one.place.district)
        writer.writerow(("", "question", "not_listed", *map(defuse_formula, told)))
    return text.getvalue().encode("utf-8-sig")
