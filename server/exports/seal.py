"""The state of the log that a document was made from, in words: how much there was, and who outside signed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server.interface.words import kst
from sweep.phrases import with_particles


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

    @property
    def words(self) -> str:
        """One sentence in Korean, for the foot of a cover or the head of a sheet."""
        start = f"기록 원장 {self.entries}건, 루트 해시 {self.root_hash}"
        if self.witness is None or self.witnessed is None:
            return f"{start} · 외부 증인의 서명 없음(운영 기관의 서명뿐)"
        missing = self.entries - self.witnessed_entries
        rest = f", 이후 {missing}건은 아직 서명 전" if missing else ""
        return with_particles(
            f"{start} · 외부 증인 {self.witness}이(가) {kst(self.witnessed)}에 "
            f"{self.witnessed_entries}건까지 서명{rest}"
        )
