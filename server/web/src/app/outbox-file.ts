/** The own outbox as a file, for whoever has to write it down by hand. */
import { isMine } from "./outbox.svelte";
import type { KeptDecision } from "./storage";

/**
 * What is kept of one person as a file's text: everything to write it down by hand should the phone never reach the server.
 * Of others nothing, not even that there is anything.
 */
export function exportedOf(items: readonly KeptDecision[], now: Date): string {
  const mine = items.filter(isMine).map(({ id, author, decidedMs, sweepId, findingId, verdict, note, aside }) => ({
    decision_id: id,
    author: author?.name,
    decided: decidedMs === null ? null : new Date(decidedMs).toISOString(),
    sweep_id: sweepId,
    finding_id: findingId,
    verdict,
    note,
    set_aside: aside,
  }));
  return JSON.stringify({ exported: now.toISOString(), is_signed: false, decisions: mine }, null, 2);
}
