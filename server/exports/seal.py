"""The state of the log that a document was made from, in words: how much there was, and who outside signed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server.interface.told import either, many
from server.interface.words import kst
from sweep.phrases import Language, with_particles


@dataclass(frozen=True, slots=True)
class Seal:
    """The tree over the log when a document was made."""

    entries: int
    root_hash: str
    """Base64, as in a checkpoint."""
    witness: str | None
    """Name of the witness that signed last; None when none has."""
    witnessed_entries: int
    witnessed: datetime | None

    @property
    def proof(self) -> str:
        """The same for the QR code of a sheet: how many entries and their root hash."""
        return f"log {self.entries} {self.root_hash}"

    def words(self, language: Language = "ko") -> str:
        """One sentence, for the foot of a cover or the head of a sheet."""
        start = either(
            language,
            f"기록 원장 {self.entries}건, 루트 해시 {self.root_hash}",
            f"Log of {many(self.entries, 'entry', 'entries')}, root hash {self.root_hash}",
        )
        if self.witness is None or self.witnessed is None:
            alone = "외부 증인의 서명 없음(운영 기관의 서명뿐)", "signed by no witness outside (by the operator alone)"
            return f"{start} · {either(language, *alone)}"
        missing, when = self.entries - self.witnessed_entries, kst(self.witnessed)
        rest = either(language, f", 이후 {missing}건은 아직 서명 전", f", {missing} since not signed yet")
        ko = f"외부 증인 {self.witness}이(가) {when}에 {self.witnessed_entries}건까지 서명"
        en = f"witness {self.witness} signed the first {self.witnessed_entries} at {when} (Korean time)"
        return with_particles(f"{start} · {either(language, ko, en)}{rest if missing else ''}")
