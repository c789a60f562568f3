"""Words of a modality in Korean and English, by code, and those of all modalities together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sweep.report import SHOWN, Limit, LocalText, Modality
from sweep.report.sentences import Sentence

_Said = TypeVar("_Said")

NEVER_MEASURED: Final = Sentence(
    "이 점검에서 {ko} 쪽은 어느 자리에서도 측정되지 않았습니다.",
    "In this sweep nothing was measured by {en}, at no position.",
)


@dataclass(frozen=True, slots=True)
class Words:
    """What one modality says."""

    reasons: Mapping[str, Sentence] = field(default_factory=dict)
    """Why it can judge nothing."""
    evidence: Mapping[str, Sentence] = field(default_factory=dict)
    """What speaks for or against a camera."""
    guidance: Mapping[str, Sentence] = field(default_factory=dict)
    """What the inspector should do."""
    limits: Mapping[str, Sentence] = field(default_factory=dict)
    """What it can never see."""
    conditional_limits: Mapping[str, Sentence] = field(default_factory=dict)
    """What it could not see or know in a sweep whose measurements say so."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What verdicts and limits of a report may say."""

    reasons: Mapping[str, Sentence]
    limits: Mapping[str, Limit]
    """Those that hold always, in the order in which they are told."""
    conditional_limits: Mapping[str, Limit]

    def reason(self, code: str) -> LocalText:
        """The sentence for a verdict's reason; a code without one is named as it is."""
        return self.reasons.get(code, Sentence(f"판정 불가({code})", f"Not assessable ({code})")).text()

    def limit(self, code: str) -> Limit:
        """A limit; a code without a sentence is named as it is."""
        known = self.limits.get(code) or self.conditional_limits.get(code)
        unknown = Sentence(f"이 점검의 한계({code})", f"A limit of this sweep ({code})")
        return known or Limit(code=code, modality=None, text=unknown.text())


def gather(common: Words, rooms: Mapping[Modality, Words]) -> Vocabulary:
    """All words together, those first that hold whatever the modality; raises ValueError where two give one code
    different sentences.
    """
    reasons: dict[str, Sentence] = {}
    limits: dict[str, Limit] = {}
    conditional: dict[str, Limit] = {}
    everyone: list[tuple[Modality | None, Words]] = [(None, common), *rooms.items()]
    for modality, words in everyone:
        never = {} if modality is None else {f"{modality}_never_measured": NEVER_MEASURED}
        for code, sentence in words.reasons.items():
            _add(reasons, code, sentence)
        for table, said in ((limits, words.limits), (conditional, never | dict(words.conditional_limits))):
            for code, sentence in said.items():
                name = {} if modality is None else SHOWN[modality].name.model_dump()
                _add(table, code, Limit(code=code, modality=modality, text=sentence.text(**name)))
    return Vocabulary(reasons, limits, conditional)


def _add(table: dict[str, _Said], code: str, said: _Said) -> None:
    if table.setdefault(code, said) != said:
        raise ValueError(f"the code {code} has two sentences")
