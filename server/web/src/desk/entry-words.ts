/** An entry of the log as a sentence: what was recorded, and where. */
import type { components } from "../api/schema";
import { disposition } from "../api/tables.json";
import { personName } from "../i18n/korean";
import { local } from "../i18n/translate.svelte";
import { districts } from "./districts.svelte";
import { kindOf } from "./kinds";
import { tell } from "./later-say.svelte";
import { say } from "./say.svelte";
import { words } from "./words";

type Row = components["schemas"]["SignedEntryRow"];

/** "2번 칸 · 현장 판정: 카메라 아님", and in a list "2번 칸 · 카메라 아님"; what a later release records by its kind alone. */
export function titleOf({ kind, about }: Row, isShort = false): string {
  const what = about?.what ?? null;
  const word = what === null ? null : wordOf(what);
  const said = word === null ? kindOf(kind) : isShort ? word : `${kindOf(kind)}: ${word}`;
  return about?.zone ? `${local(about.zone)} · ${said}` : said;
}

/** Of an entry that does not count: what a person has to do that it is settled; null for all others. */
export function toSettle({ status, conflict_with: rival }: Row): string | null {
  if (status === "quarantined") return tell("log_settle_quarantined");
  return status === "conflict" ? tell("log_settle_conflict", { n: rival ?? "?" }) : null;
}

const OF_PROBES = ["sweep.opened", "sweep.report", "reference.checked"];

/** Who signed it; of a probe that it is one. */
export function signerOf({ kind, subject, key_id: key }: Row): string {
  const who = subject === null ? key : personName(subject);
  return kind !== null && OF_PROBES.includes(kind) ? tell("log_probe", { who }) : who;
}

/** With its district for who sees more than one. */
export function placeOf({ about }: Row, isOfCity = true): string {
  if (about === null) return "";
  const names = [isOfCity ? districts.name(about.district_id) : "", local(about.facility_name), local(about.room_name)];
  return names.filter((name) => name !== "").join(" · ");
}

const isVerdict = (key: string): key is keyof typeof disposition => key in disposition;
const isStep = (key: string): key is Extract<keyof typeof words, `step_${string}`> => key in words;

function wordOf(what: string): string | null {
  const [verdict, step] = [`disposition_${what}`, `step_${what}`];
  if (isVerdict(verdict)) return local(disposition[verdict]);
  return isStep(step) ? say(step) : null;
}
