"""A submission in parts verified: each part as a submission of its own, and that together they are what was signed.

Input is a ZIP file as sweep/LOG.md describes it, whose parts are submissions; output are findings.  It adds to what the
parts prove that none of them is missing, that all are of one moment of one log, and that no record is in two of them.
"""

from __future__ import annotations

from server.verifier.anchors import Anchors
from server.verifier.findings import Findings, PackageError
from server.verifier.key_table import KeyTable
from server.verifier.statement import Form, Statement, check_contents, check_names, is_signed, read_statement
from server.verifier.submission import FORM as FORM_OF_PART
from server.verifier.submission import verify_submission
from server.verifier.zip_file import MAX_PARTED_FILES, PARTED, ZipFile
from sweep.phrases import Phrase

PARTED_TYPE = "application/vnd.ansim.submission-parts.v1+json"
FORM = Form(
    Phrase("a_submission_in_parts"), PARTED, PARTED_TYPE, FORM_OF_PART.members, FORM_OF_PART.texts, MAX_PARTED_FILES
)
ABSENT = ("printed_record_absent", "printed_list_differs")
"""What a part says of a paper that it knows nothing of: a problem where all of them say so."""
OF_ITSELF = "sweeps_proven"
"""What each part says of itself, which is told once of all."""


def verify_parted(book: ZipFile, anchors: Anchors) -> Findings:
    """Verify a submission in parts; PackageError when the file or one of its parts is none."""
    found = Findings(scope="submission")
    statement = read_statement(book, FORM, found)
    check_names(book, FORM, statement, None, found)
    check_contents(book, statement, found)
    names = [part.name for part in book.parts if part.name.endswith(".zip")]
    if not names:
        raise PackageError(Phrase("submission_without_parts"))
    keys: KeyTable | None = None
    listed, count = set[bytes](), 0
    absent: dict[str, list[Phrase]] = {code: [] for code in ABSENT}
    for name in names:
        if found.is_full:
            found.is_cut = True
            return found
        part = verify_submission(ZipFile(book.stored(name)), anchors)
        _add(name, part.found, absent, found)
        if part.read is None:
            continue
        keys = keys or part.read.keys
        _check_part(name, part.read.statement, statement, found)
        if not listed.isdisjoint(part.listed):
            found.complain(Phrase("record_in_two_parts", name=name))
        listed |= part.listed
        count += len(part.listed)
    if keys is None or not is_signed(statement, keys, found):
        found.is_cut = True
        return found
    for problems in absent.values():
        if len(problems) == len(names):
            found.complain(problems[0])
    if found.holds:
        found.proven.append(Phrase("parts_proven", parts=len(names), count=count))
    return found


def _check_part(name: str, part: Statement, whole: Statement, found: Findings) -> None:
    """Complain of a part that is of another log, moment or district, or of days that are not asked for."""
    is_of_whole = all(part.said[member] == whole.said[member] for member in ("origin", "district", "checkpoint"))
    if not is_of_whole or part.said["first"] < whole.said["first"] or part.said["last"] > whole.said["last"]:
        found.complain(Phrase("part_of_another", name=name))


def _add(name: str, part: Findings, absent: dict[str, list[Phrase]], found: Findings) -> None:
    found.entries.update(part.entries)
    found.bodies.update(part.bodies)
    found.unread += part.unread
    found.more_problems += part.more_problems
    found.is_cut = found.is_cut or part.is_cut
    for problem in part.problems:
        if problem.code in ABSENT:
            absent[problem.code].append(problem)
        else:
            found.complain(Phrase("place_and_reason", place=name, why=problem))
    told = (found.proven, part.proven), (found.unproven, part.unproven), (found.notes, part.notes)
    for all_, some in told:
        all_ += [one for one in some if one not in all_ and one.code != OF_ITSELF]
