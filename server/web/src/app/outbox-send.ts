/**
 * How each kind of what waits on the phone is sent: under its id and in its author's name, so that sent twice it is one. Input
 * is an item of the outbox; output is what the server made of it, or an `ApiError`.
 */
import { ApiError, asPerson, call, client } from "../api/client";
import type { CaseCreated, Plan } from "../api/types";
import { dropDraft, readDraft } from "./drafts";
import {
  isInspection,
  isNote,
  isPhoto,
  isPlan,
  isSignature,
  isStep,
  type KeptDecision,
  type KeptInspection,
  type KeptItem,
  type KeptNote,
  type KeptPhoto,
  type KeptPlan,
  type KeptSignature,
  type KeptStep,
} from "./storage";

/** A place in the log, 0 for what has none; of a step, the case after it. */
export type Sent = number | CaseCreated;

export async function send(item: KeptItem): Promise<Sent> {
  if (item.author === null) throw new Error("what is of nobody is never sent");
  const headers = asPerson(item.author.username);
  if (isPlan(item)) return sendPlan(item, headers);
  if (isNote(item)) return sendNote(item, headers);
  if (isSignature(item)) return sendSignature(item, headers);
  if (isStep(item)) return sendStep(item, headers);
  if (isInspection(item)) return sendInspection(item, headers);
  return isPhoto(item) ? sendPhoto(item, headers) : sendDecision(item, headers);
}

async function sendDecision(item: KeptDecision, headers: Record<string, string>): Promise<number> {
  const { id, sweepId, findingId, verdict, note, decidedMs } = item;
  if (decidedMs === null) throw new Error("a decision of nobody is never sent");
  const made = await call(
    client.POST("/api/findings/{finding_id}/disposition", {
      params: { path: { finding_id: findingId } },
      headers,
      body: {
        sweep_id: sweepId,
        verdict,
        note: note === null ? null : { ko: note, en: note },
        decision_id: id,
        claimed: claimOf(decidedMs),
      },
    }),
  );
  return made.log_index;
}

/** Both readings of this phone's clock, from which the server knows how long it waited. */
const claimOf = (decidedMs: number | null) =>
  decidedMs === null ? null : { decided: new Date(decidedMs).toISOString(), sent: new Date().toISOString() };

async function sendPhoto({ caseId, photo }: KeptPhoto, headers: Record<string, string>): Promise<number> {
  const params = { path: { case_id: caseId } };
  const body = { ...photo, sent: new Date().toISOString() };
  const made = await call(client.POST("/api/cases/{case_id}/photos", { params, headers, body }));
  return made.photo.log_index;
}

async function sendNote(
  { id, sweepId, visitNote, decidedMs }: KeptNote,
  headers: Record<string, string>,
): Promise<number> {
  const params = { path: { sweep_id: sweepId } };
  const body = { ...visitNote, note_id: id, claimed: claimOf(decidedMs) };
  const made = await call(client.POST("/api/sweeps/{sweep_id}/note", { params, headers, body }));
  // What is recorded is no draft any more, unless it was changed since.
  const draft = await readDraft<{ readonly noteId: string }>(checklistOf(sweepId));
  if (draft?.noteId === id) await dropDraft(checklistOf(sweepId));
  return made.log_index;
}

/** What an inspection of a room is called among the drafts. */
export const inspectionOf = (roomId: string) => `inspection ${roomId}`;

async function sendInspection(
  { roomId, inspection }: KeptInspection,
  headers: Record<string, string>,
): Promise<number> {
  const params = { path: { room_id: roomId } };
  const body = { ...inspection, sent: new Date().toISOString() };
  return (await call(client.POST("/api/rooms/{room_id}/inspections", { params, headers, body }))).log_index;
}

/** What a visit's checklist is called among the drafts. */
export const checklistOf = (sweepId: string) => `checklist ${sweepId}`;

async function sendSignature(
  { id, sweepId, signature, decidedMs }: KeptSignature,
  headers: Record<string, string>,
): Promise<number> {
  const params = { path: { sweep_id: sweepId } };
  const body = { ...signature, signature_id: id, claimed: claimOf(decidedMs) };
  return (await call(client.POST("/api/sweeps/{sweep_id}/signatures", { params, headers, body }))).log_index;
}

async function sendStep({ id, caseId, step }: KeptStep, headers: Record<string, string>): Promise<CaseCreated> {
  const params = { path: { case_id: caseId } };
  const body = { step, seen: null, second_person: null, step_id: id };
  return call(client.POST("/api/cases/{case_id}/steps", { params, headers, body }));
}

async function sendPlan({ roomId, plan }: KeptPlan, headers: Record<string, string>): Promise<number> {
  const params = { path: { room_id: roomId } };
  try {
    await call(client.PUT("/api/rooms/{room_id}/plan", { params, headers, body: plan }));
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "plan_version")) throw error;
    const { plan: there } = await call(client.GET("/api/rooms/{room_id}", { params }));
    if (!isSamePlan(there, plan)) throw error; // else its answer was lost, and the server has it
  }
  return 0;
}

function isSamePlan(one: Plan, other: Plan): boolean {
  const said = ({ version, is_verified, width_m, depth_m, zones }: Plan) =>
    JSON.stringify([
      version,
      is_verified,
      width_m,
      depth_m,
      zones.map((z) => [z.zone_id, z.kind, z.name.ko, z.polygon]),
    ]);
  return said(one) === said(other);
}
