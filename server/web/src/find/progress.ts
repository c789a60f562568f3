/** Where somebody is in a case on this phone: kept at each touch, so that a phone that went dead goes on where it was. */
import { dropDraft, keepDraft, readDraft } from "../app/drafts";
import type { CaseDetail, CaseView, LocalText } from "../api/types";
import { isAgain } from "../desk/case-state";
import type { Step } from "../desk/step-fields";
import { leadsTo, type State } from "./states";

/** What is needed of a case to guide without a connection: no name of anybody but numbers of inspectors. */
export interface Seen {
  readonly state: State;
  readonly source: CaseDetail["source"];
  readonly isFound: boolean;
  /** Any other person may say alone that nothing changed; null: two persons look. */
  readonly spoken?: readonly string[] | null;
  readonly place: { readonly ko: string; readonly en: string };
  readonly facility: string;
  readonly room: string;
  readonly roomId: string;
  readonly sweepId: string | null;
  readonly findingId: string | null;
  readonly inspectors: readonly string[];
  /** The two who decided that it is a camera. */
  readonly pair: readonly string[];
  /** Who stays at the door. */
  readonly guard: string;
  readonly receiptNo: string;
  readonly isPhotographed: boolean;
  /** The station that came to the district's last find. */
  readonly lastStation: string;
  readonly districtId: string | null;
  /** Of the last request of the police in writing. */
  readonly documentNo: string;
  readonly lastHash: string | null;
  /** To whom it was handed over, as they said it. */
  readonly handed: Handed | null;
  /** By when it is repaired; null where nothing is. */
  readonly due?: string | null;
  /** Whoever keeps the building has it. */
  readonly isRepairHanded?: boolean;
  /** A find in the room waits for the police: nothing is repaired until then. */
  readonly isHeld?: boolean;
  /** By both, where it was recorded before their decision. */
  readonly saw?: "nothing" | "hole" | "object";
  readonly opened?: string;
  /** When the newest later sweep that saw the same thing began; null without one. */
  readonly again?: string | null;
}

export interface Handed {
  readonly officer: string;
  readonly rank: string;
  readonly station: string;
  readonly receiptNo: string;
  readonly sealNo: string;
}

export interface Refused extends LocalText {
  /** What a person wrote. */
  readonly said: string;
}

export interface Progress {
  /** The state in which the answers were given. */
  state: State | null;
  page: number;
  answers: Record<string, string>;
  strokes: [number, number][][];
  /** Zone and spot; in Korean it goes into the message to 112. */
  where: LocalText;
  /** The later sweep that saw it last, whose spot is in `where`. */
  whereIn?: string | null;
  address: string;
  /** Of the step that is being recorded; the same until an answer came. */
  stepId: string | null;
  /** What the server did not take, with its sentence: shown until somebody has read it. */
  refused: Refused[];
  /** Ids of what was set aside in the outbox and has been read here. */
  read: string[];
  /** As the server has it, and what waits in the outbox on top. */
  seen: Seen | null;
}

const NOWHERE: LocalText = { ko: "", en: "" };

export const START: Progress = {
  state: null,
  page: 0,
  answers: {},
  strokes: [],
  where: NOWHERE,
  address: "",
  stepId: null,
  refused: [],
  read: [],
  seen: null,
};

const key = (caseId: string) => `find ${caseId}`;

const UNKNOWN = { pair: [], guard: "", isPhotographed: false, lastStation: "", districtId: null };

/** What an earlier version of this page kept has less, its place in one language, and may stand at photographs, which are no
 * state any more. */
export async function readProgress(caseId: string): Promise<Progress> {
  const draft = await readDraft<Partial<Omit<Progress, "where">> & { where?: LocalText | string }>(key(caseId));
  const where = typeof draft?.where === "string" ? { ko: draft.where, en: draft.where } : (draft?.where ?? NOWHERE);
  const kept: Progress = { ...START, ...draft, where };
  if (kept.seen === null) return kept;
  const state = String(kept.seen.state) === "photographed" ? "room_closed" : kept.seen.state;
  return { ...kept, seen: { ...UNKNOWN, ...kept.seen, state } };
}

export function keepProgress(caseId: string, progress: Progress): Promise<void> {
  return keepDraft(key(caseId), progress);
}

export function dropProgress(caseId: string): Promise<void> {
  return dropDraft(key(caseId));
}

/** Make a case ready for a basement: what is known of it, and where the thing is, before anybody opens the guide. */
export async function makeReady(one: CaseView, where: LocalText): Promise<void> {
  const progress = await readProgress(one.case_id);
  if (progress.where.ko !== "" && progress.seen !== null) return;
  const seen = progress.seen ?? seenOf({ ...one, events: [], claims: [], last_station: "", seen_again: null });
  await keepProgress(one.case_id, { ...progress, where: progress.where.ko === "" ? where : progress.where, seen });
}

/** What a step tells the guide for its later screens. */
export function withStep(seen: Seen, step: CaseDetail["events"][number]["step"] | Step): Seen {
  switch (step.step) {
    case "looked_at":
      return { ...seen, saw: step.seen };
    case "room_closed":
      return { ...seen, guard: step.guarded_by };
    case "photographed":
      return { ...seen, isPhotographed: step.commitment !== null };
    case "police_called":
      return { ...seen, receiptNo: step.receipt_no };
    case "police_asked":
      return { ...seen, documentNo: step.document_no };
    case "defect_found":
      return { ...seen, isRepairHanded: false };
    case "repair_handed":
      return { ...seen, isRepairHanded: true, due: step.due };
    case "handed_over": {
      const { officer, rank, station, receipt_no: receiptNo, seal_no: sealNo } = step;
      return { ...seen, handed: { officer, rank, station, receiptNo, sealNo } };
    }
    default:
      return seen;
  }
}

/** What the guide goes by while a step waits: as if it had arrived, but for the hash that only the server gives. */
export function ahead(seen: Seen, step: Step): Seen {
  return { ...withStep(seen, step), state: leadsTo(step) ?? seen.state, lastHash: null };
}

/** Who named it last, and who has said since that nothing changed; null while nobody knows. */
function spokenIn(events: CaseDetail["events"]): readonly string[] | null {
  const from = events.map(({ step }) => step.step).lastIndexOf("not_camera");
  return from < 0 ? null : personsIn(events.slice(from));
}

function personsIn(events: CaseDetail["events"]): readonly string[] {
  return events.flatMap(({ person, step }) =>
    "second_person" in step && step.second_person ? [person, step.second_person] : [person],
  );
}

export function seenOf(one: CaseDetail): Seen {
  const start: Seen = {
    state: isAgain(one) ? "candidate" : one.state, // its day has come: two persons look once more
    source: one.source,
    isFound: one.is_found,
    spoken: one.allowed.includes("unchanged") ? spokenIn(one.events) : null,
    place: {
      ko: `${one.facility_name.ko} · ${one.room_name.ko}`,
      en: `${one.facility_name.en} · ${one.room_name.en}`,
    },
    facility: one.facility_name.ko,
    room: one.room_name.ko,
    roomId: one.room_id,
    sweepId: one.sweep_id,
    findingId: one.finding_id,
    inspectors: [...new Set(personsIn(one.events))].slice(-4),
    pair:
      one.events
        .filter(({ step }) => step.step === "camera")
        .map((event) => personsIn([event]))
        .at(-1) ?? [],
    guard: "",
    receiptNo: "",
    isPhotographed: false,
    lastStation: one.last_station,
    districtId: one.district_id,
    documentNo: "",
    lastHash: one.events.at(-1)?.entry_hash ?? null,
    handed: null,
    due: one.due,
    opened: one.opened,
    again: one.seen_again?.began ?? null,
    isHeld: one.state === "defect" && !one.allowed.includes("repaired"),
  };
  return one.events.reduce((seen, { step }) => withStep(seen, step), start);
}
