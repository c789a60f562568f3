/**
 * A visit as its last screens need it: as the server has it or, while an inspection waits on this phone, as it was made here,
 * with what was noted of it since.  Input is its id; output is the visit, or an `ApiError`.
 */
import { call, client } from "../api/client";
import type { RoomDetail, SweepDetail, SweepSummary, VisitNote } from "../api/types";
import { isMine, outbox } from "../app/outbox.svelte";
import { session } from "../app/session.svelte";
import { isInspection, isNote, isSignature, type KeptInspection } from "../app/storage";
import { opensCase } from "../inspect/draft";

type Shown = "sweep_id" | "room_id" | "source" | "started" | "inspectors" | "persons" | "at_city";
export interface Visit extends Pick<SweepDetail, "room" | "report" | "findings" | "visit"> {
  readonly summary: Pick<SweepSummary, Shown>;
  /** What is signed here: the note's entry, or the note as it waits on this phone; null before there is one. */
  readonly signable: { readonly hash: string; readonly shown: "entry" | "note" } | null;
  /** It waits on this phone, and something was seen there that nobody could explain. */
  readonly isSuspected: boolean;
}

/** One's own inspection that the server does not have yet. */
export const waitingInspection = (sweepId: string): KeptInspection | null =>
  outbox.kept.filter(isInspection).find((item) => item.id === sweepId && isMine(item)) ?? null;

/** What waits here of a visit, by its ids: when it changes the visit is another one. */
export const waitingOf = (sweepId: string): string =>
  outbox.kept
    .filter((item) => isMine(item) && (isInspection(item) ? item.id === sweepId : isOfVisit(item, sweepId)))
    .map(({ id, aside }) => `${id}${aside === null ? "" : "!"}`)
    .join(" ");

const isOfVisit = (item: (typeof outbox.kept)[number], sweepId: string) =>
  (isNote(item) || isSignature(item)) && item.sweepId === sweepId;

export async function loadVisit(sweepId: string): Promise<Visit> {
  const kept = waitingInspection(sweepId);
  if (kept !== null) {
    const path = { room_id: kept.roomId };
    return atHand(kept, await call(client.GET("/api/rooms/{room_id}", { params: { path } })));
  }
  const detail = await call(client.GET("/api/sweeps/{sweep_id}", { params: { path: { sweep_id: sweepId } } }));
  const hash = detail.visit.note_hash;
  return { ...detail, signable: hash === null ? null : { hash, shown: "entry" }, isSuspected: false };
}

/** The plan that its zones are of. */
export async function planOf({ report, summary }: Visit): Promise<RoomDetail["plan"]> {
  if (report !== null) return report.plan;
  const path = { room_id: summary.room_id };
  return (await call(client.GET("/api/rooms/{room_id}", { params: { path } }))).plan;
}

async function atHand({ roomId, inspection }: KeptInspection, room: RoomDetail): Promise<Visit> {
  const noted = outbox.kept.filter(isNote).find((item) => item.sweepId === inspection.sweep_id && isMine(item));
  const note = noted?.visitNote ?? null;
  const isSuspected = inspection.looks.some(opensCase);
  return {
    summary: {
      sweep_id: inspection.sweep_id,
      room_id: roomId,
      source: room.is_demo ? "simulated" : "live",
      started: inspection.entered,
      inspectors: session.user ? [session.user.display_name] : [],
      persons: isSuspected ? "suspected" : "not_recorded",
      at_city: null,
    },
    room,
    report: null,
    findings: [],
    visit: { note, noted_by: null, noted: null, claimed: null, note_hash: null, signatures: [] },
    signable:
      noted === undefined
        ? null
        : { hash: await noteHash(noted.visitNote, inspection.sweep_id, noted.id), shown: "note" },
    isSuspected,
  };
}

/** As `note_hash` in `sweep/report/visit_records.py`: SHA-256 of the note's JSON, its names sorted. */
async function noteHash(note: VisitNote, sweepId: string, noteId: string): Promise<string> {
  const said = sorted({ ...note, note_id: noteId, sweep_id: sweepId });
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(said))));
  return [...hash].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  );
}
