/** The own outbox as a file, for whoever has to write it down by hand. */
import { isMine } from "./outbox.svelte";
import { isDecision, isNote, isPhoto, isPlan, isSignature, type KeptItem } from "./storage";

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
  const kept = { decisions, plans, photographs, notes, signatures };
  return JSON.stringify({ exported: now.toISOString(), is_signed: false, ...kept }, null, 2);
}
