/** What a Pi's server said in the name of whoever is logged in, and waits for their proof. */
import { call, client } from "../api/client";
import type { ClaimView } from "../api/types";
import { wordOf } from "../i18n/glossary";
import { t } from "../i18n/translate.svelte";

export async function claims(): Promise<readonly ClaimView[]> {
  return (await call(client.GET("/api/proofs"))).waiting;
}

const WORDS = {
  no_camera: "disposition_no_camera",
  recheck: "disposition_recheck",
  nothing_unusual: "proof_nothing_unusual",
  not_done: "proof_not_done",
  looked_at: "proof_looked_at",
  not_camera: "proof_not_camera",
  unchanged: "step_unchanged",
  defect_found: "proof_defect_found",
  repair_handed: "step_repair_handed",
  repaired: "step_repaired",
  rechecked: "step_rechecked",
  handed_over: "step_handed_over",
  police_asked: "step_police_asked",
  police_result: "step_police_result",
  reported_to_city: "step_reported_to_city",
  room_corrected: "step_room_corrected",
  witnessed: "proof_witnessed",
} as const;
const isKnown = (says: string): says is keyof typeof WORDS => says in WORDS;

/** The verdict, the step or the note in words; what a later release says, by its code. */
export function saidOf(says: string): string {
  return isKnown(says) ? t(WORDS[says]) : (wordOf("decision", says) ?? wordOf("persons", says) ?? says);
}
