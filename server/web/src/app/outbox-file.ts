/** The own outbox as a file, for whoever has to write it down by hand. */
import { isMine } from "./outbox.svelte";
import {
  isDecision,
  isInspection,
  isNote,
  isPhoto,
  isPlan,
  isSignature,
  isStep,
  type KeptItem,
  type TakenStep,
} from "./storage";

/**
 * What is kept of one person as a file's text: everything to write it down by hand should the phone never reach the server.
 * Of others nothing, not even that there is anything.
 */
export function exportedOf(items: readonly KeptItem[], now: Date): string {
  const mine = items.filter(isMine);
  const common = ({ author, decidedMs }: KeptItem) => ({
    author: author?.name,
    decided: decidedMs === null ? null : new Date(decidedMs).toISOString(),
  });
  const decisions = mine.filter(isDecision).map((item) => ({
    decision_id: item.id,
    ...common(item),
    sweep_id: item.sweepId,
    finding_id: item.findingId,
    verdict: item.verdict,
    note: item.note,
    set_aside: item.aside,
  }));
  const plans = mine.filter(isPlan).map((item) => ({
    ...common(item),
    room_id: item.roomId,
    room: item.roomName,
    plan: item.plan,
    set_aside: item.aside,
  }));
  // As they were sealed on this phone: only an evidence officer opens one.
  const photographs = mine.filter(isPhoto).map((item) => ({
    ...common(item),
    case_id: item.caseId,
    ...item.photo,
    set_aside: item.aside,
  }));
  const notes = mine.filter(isNote).map((item) => ({
    ...common(item),
    sweep_id: item.sweepId,
    ...item.visitNote,
    set_aside: item.aside,
  }));
  const signatures = mine.filter(isSignature).map((item) => ({
    ...common(item),
    sweep_id: item.sweepId,
    ...item.signature,
    set_aside: item.aside,
  }));
  const steps = mine.filter(isStep).map((item) => ({
    step_id: item.id,
    ...common(item),
    case_id: item.caseId,
    place: item.place,
    step: item.step,
    set_aside: item.aside,
  }));
  const inspections = mine.filter(isInspection).map((item) => ({
    ...common(item),
    room_id: item.roomId,
    ...item.inspection,
    set_aside: item.aside,
  }));
  const kept = { decisions, plans, photographs, notes, signatures, steps, inspections };
  return JSON.stringify({ exported: now.toISOString(), is_signed: false, ...kept }, null, 2);
}

/** What a person wrote in a step of a case, so that it can be written down elsewhere. */
export function saidOf(step: TakenStep["step"]): string {
  const isSaid = ([name, value]: [string, unknown]) =>
    name !== "step" && name !== "shown_hash" && typeof value === "string" && value !== "";
  return Object.entries(step)
    .filter(isSaid)
    .map(([, value]) => String(value))
    .join(", ");
}
