/**
 * What a running sweep says of its zones before there is a report, by the rule of server/standing/zones.py. Pure.
 *
 * Input is what the probe told of zones and places so far; the report has the last word. Nothing is clear yet: which
 * targets a method is clear of, only the report says.
 */
import type { CoverageEvent, LocalText, Modality, Plan, SecondLook, SweepReport, ZoneStands } from "../api/types";
import { guidance as sentences } from "../api/tables.json";
import type { Judged } from "../map/shading";
import type { FindingPlace, LiveZone } from "./told";

const PENDING: ReadonlySet<SecondLook["state"]> = new Set(["asked", "looking", "looked"]);

/** A candidate that nobody has finished looking at again. */
export function isPending(state: SecondLook["state"]): boolean {
  return PENDING.has(state);
}

/** Whether the probe says this between two zones. */
export function asksTo(what: "stand_next" | "look_again" | "finish", guidance: LocalText | null): boolean {
  return guidance?.ko === sentences[`guidance_${what}`].ko;
}

/** Nothing is left to stand at: each zone was told of, or the probe says so, whose sweep may want fewer. */
export function isThrough(plan: Plan | null, told: readonly LiveZone[], guidance: LocalText | null): boolean {
  if (asksTo("finish", guidance) || asksTo("look_again", guidance)) return true;
  return plan !== null && plan.zones.length > 0 && zonesLeft(plan, told).length === 0;
}

/** Zones of which nothing was told yet, in the plan's order. */
export function zonesLeft(plan: Plan, told: readonly LiveZone[]): Plan["zones"] {
  return plan.zones.filter((zone) => !told.some(({ zone_id }) => zone_id === zone.zone_id));
}

/** What a report says of each zone by each method. */
export function toldBy({ verdicts, coverage }: Pick<SweepReport, "verdicts" | "coverage">): LiveZone[] {
  return verdicts.map((one) => {
    const seen = coverage.find(({ zone_id, modality }) => zone_id === one.zone_id && modality === one.modality);
    return { ...one, quality: seen?.quality ?? 0 };
  });
}

/** `places`: findings of the report that is being closed, and candidates that somebody has to look at. */
export function judgedSoFar(
  told: readonly LiveZone[],
  covered: readonly CoverageEvent[],
  places: readonly FindingPlace[],
): Judged {
  const zoneIds = new Set([...told, ...places].map(({ zone_id }) => zone_id));
  const zones = [...zoneIds].map((zoneId) => zoneSoFar(zoneId, told, places));
  const targets = covered.flatMap((one) => one.targets);
  return { isRunning: true, zones, findings: [], verdicts: told, coverage: told, targets, places };
}

function zoneSoFar(zoneId: string, told: readonly LiveZone[], places: readonly FindingPlace[]): ZoneStands {
  const here = told.filter(({ zone_id }) => zone_id === zoneId);
  const ways = new Set<Modality>(here.map(({ modality }) => modality));
  const able = new Set<Modality>(
    here.filter(({ verdict }) => verdict !== "not_assessable").map(({ modality }) => modality),
  );
  const isNamed = places.some(({ zone_id }) => zone_id === zoneId);
  const isCandidate = here.some(({ verdict }) => verdict === "candidate");
  const state = isNamed || isCandidate ? "to_inspect" : able.size > 0 ? "nothing_detected" : "not_assessable";
  return { zone_id: zoneId, state, ways: ways.size, unable: ways.size - able.size };
}
