/**
 * An inspection with other instruments as it is made on the phone: what was pressed, in its order, and what comes of it.
 * Pure: input is a draft and what a person did, output is the next draft, or what is sent.  Nothing is there that nobody pressed.
 */
import type { InspectionRequest, Instrument, Plan } from "../api/types";

export type Look = InspectionRequest["looks"][number];
export type Saw = Look["saw"];
export type Kind = Look["kind"];
export interface Place {
  readonly x_m: number;
  readonly y_m: number;
}

/** One instrument of the register, or the eye alone. */
export interface Means {
  readonly instrumentId: string | null;
  readonly kind: Kind;
}
export const BY_EYE: Means = { instrumentId: null, kind: "by_eye" };
export const isSame = (one: Means | null, other: Means): boolean =>
  one?.instrumentId === other.instrumentId && one.kind === other.kind;

export interface MadeLook extends Means {
  readonly zoneId: string;
  readonly saw: Saw;
  readonly place: Place | null;
  readonly afterwards: Look["afterwards"];
  readonly atMs: number;
}

/** With what one may inspect, as it is offered. */
export interface Choice {
  readonly means: Means;
  readonly label: string;
}

export interface Draft {
  readonly sweepId: string;
  readonly planVersion: number;
  readonly means: Means | null;
  /** Null: still before the door. */
  readonly enteredMs: number | null;
  readonly doorIn: string | null;
  /** Of one that is typed from the day's list on paper: its number, and when they left; of earlier drafts undefined. */
  readonly typed?: { readonly from: string; readonly leftMs: number } | null;
  readonly looks: readonly MadeLook[];
  /** The zone that a person chose; null: the next one in the plan's order. */
  readonly chosen: string | null;
  /** What was seen that has a place: first where, then what the eye makes of it. */
  readonly pending: { readonly saw: Saw; readonly place: Place | null } | null;
  readonly isLeaving: boolean;
}

/** What each kind can show, the harmless first: the buttons under the thumb. */
export const SHOWS: Readonly<Record<Kind, readonly Saw[]>> = {
  lens_finder: ["nothing", "glint", "cannot_tell"],
  rf_finder: ["nothing", "signal", "cannot_tell"],
  thermal_imager: ["nothing", "warm_spot", "cannot_tell"],
  borescope: ["nothing", "glint", "cannot_tell"],
  by_eye: ["nothing", "glint", "cannot_tell"],
};
const PLACED: ReadonlySet<Saw> = new Set(["glint", "warm_spot"]);

export const newDraft = (sweepId: string, planVersion: number): Draft => ({
  sweepId,
  planVersion,
  means: null,
  enteredMs: null,
  doorIn: null,
  typed: null,
  looks: [],
  chosen: null,
  pending: null,
  isLeaving: false,
});

const isOf = (look: MadeLook, means: Means, zoneId: string) =>
  look.zoneId === zoneId && look.instrumentId === means.instrumentId;

/** The zone that the next press is about: what was chosen, else the first that nobody looked at with this instrument. */
export function zoneOf(draft: Draft, plan: Plan): string | null {
  if (draft.chosen !== null) return draft.chosen;
  const { means } = draft;
  if (means === null) return null;
  return plan.zones.find(({ zone_id }) => !draft.looks.some((look) => isOf(look, means, zone_id)))?.zone_id ?? null;
}

/** What was pressed for a zone: it stands, or asks for its place first. */
export function pressed(draft: Draft, plan: Plan, saw: Saw, nowMs: number): Draft {
  if (PLACED.has(saw)) return { ...draft, chosen: zoneOf(draft, plan), pending: { saw, place: null } };
  return looked(draft, plan, { saw, place: null, afterwards: null }, nowMs);
}

/** What the eye made of it. */
export function explained(draft: Draft, plan: Plan, afterwards: "explained" | "not_explained", nowMs: number): Draft {
  const { pending } = draft;
  if (pending === null || pending.place === null) return draft;
  return looked(draft, plan, { ...pending, afterwards }, nowMs);
}

function looked(draft: Draft, plan: Plan, seen: Pick<MadeLook, "saw" | "place" | "afterwards">, nowMs: number): Draft {
  const [zoneId, { means }] = [zoneOf(draft, plan), draft];
  if (zoneId === null || means === null) return draft;
  const others = draft.looks.filter((look) => !isOf(look, means, zoneId)); // seen again, the last word stands
  return {
    ...draft,
    looks: [...others, { ...means, zoneId, ...seen, atMs: nowMs }],
    chosen: null,
    pending: null,
  };
}

export const zonesLeft = (draft: Draft, plan: Plan): readonly string[] =>
  plan.zones.map(({ zone_id }) => zone_id).filter((id) => !draft.looks.some(({ zoneId }) => zoneId === id));

/** Whether two persons and a procedure follow from a look, as `opens_case` in `server/standing/inspections.py`. */
export const opensCase = ({ saw, afterwards }: Look): boolean => PLACED.has(saw) && afterwards === "not_explained";

export const usesBorescope = (draft: Draft): boolean => draft.looks.some(({ kind }) => kind === "borescope");

/** As it is sent, without the time of sending; null while nobody has entered or looked. */
export function requestOf(
  draft: Draft,
  doorOut: string | null,
  leftMs: number,
  secondSealed: string | null,
): Omit<InspectionRequest, "sent"> | null {
  const { enteredMs, typed = null } = draft;
  if (enteredMs === null || draft.looks.length === 0) return null;
  let last = 0;
  const looks = draft.looks.map(({ zoneId, instrumentId, kind, saw, place, afterwards, atMs }) => {
    // A phone's clock may be set back; paper tells no pace.
    last = typed === null ? Math.max(last, Math.floor((atMs - enteredMs) / 1000)) : 0;
    return { zone_id: zoneId, instrument_id: instrumentId, kind, saw, place, afterwards, after_s: last };
  });
  const left = Math.max(typed?.leftMs ?? leftMs, enteredMs + last * 1000);
  return {
    sweep_id: draft.sweepId,
    plan_version: draft.planVersion,
    looks,
    declared_empty: true,
    borescope_rule: usesBorescope(draft),
    entered: new Date(enteredMs).toISOString(),
    left: new Date(left).toISOString(),
    door_in: draft.doorIn,
    door_out: doorOut,
    typed_from: typed?.from ?? null,
    second_sealed: secondSealed,
  };
}

/** As a person names it, for a list of what there is. */
export const nameOf = ({ maker, model, serial }: Instrument): string =>
  [maker, model, serial].filter((part) => part !== "").join(" ");
