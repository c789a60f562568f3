/** What a running sweep has told, as the screens of this folder take it. */
import type { LocalText, Modality, Nearness, ResponseTestFlow, VerdictName } from "../api/types";

export interface LiveZone {
  readonly zone_id: string;
  readonly modality: Modality;
  readonly verdict: VerdictName;
  readonly quality: number;
}

export interface FindingPlace {
  readonly finding_id: string;
  readonly zone_id: string;
}

export interface LiveProgress {
  readonly done: number;
  readonly all: number;
  readonly zoneId: string | null;
  readonly modality: Modality | null;
  readonly fraction: number;
  /** Outside the door: asked for without a modality, measured with one. */
  readonly isOutside: boolean;
  /** The sweep takes so long at most, counted from `heardMs`. */
  readonly leftS: number | null;
  /** Who waits until others no longer need the air. */
  readonly waits: readonly Modality[];
  readonly heardMs: number;
}

/** Where somebody stands and is measured: what of the filming is over. */
export interface LivePosition {
  readonly zoneId: string;
  /** Looking and listening take so long; null where the probe does not say. */
  readonly longestS: number | null;
  /** Of the filming, 0 to 1, as told at `heardMs`. */
  readonly share: number;
  /** The camera has told of this position. */
  readonly isFilmed: boolean;
  readonly heardMs: number;
}

/** A response test: light is played, or a person walks by prompts. */
export interface LiveResponseTest {
  readonly kind: "light" | "motion";
  readonly isOver: boolean;
  readonly elapsedS: number;
  readonly longestS: number;
  readonly prompt: "walk" | "stand" | null;
  readonly nextPromptS: number | null;
  /** What a skip names; null where nobody may skip. */
  readonly positionIndex: number | null;
  /** Which of so many tests at this position, from 1. */
  readonly number: number;
  readonly all: number;
  /** For whom it is made, the surest first, and how many those are in all. */
  readonly flows: readonly ResponseTestFlow[];
  readonly flowCount: number;
  readonly text: LocalText;
  /** When it was so, by this phone's clock: seconds are counted on from here. */
  readonly heardMs: number;
}

/** Of what somebody said that it is like a camera, with the id of the case that the guide opens. */
export interface LikeCamera {
  readonly lookId: string;
  readonly where: LocalText;
  readonly caseId: string;
}

/** What leads to a candidate at this position, as told at `heardMs`. */
export interface LiveNear {
  readonly things: readonly Nearness[];
  readonly heardMs: number;
}

/** The probe's answer to a command. */
export interface CommandAnswer {
  readonly commandId: string;
  readonly isAccepted: boolean;
  readonly text: LocalText;
}
