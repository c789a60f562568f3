/**
 * The one number of coverage in words: with what probability a named target would have been found, by a curve that is
 * named.  What was looked at is a share and is called one.  `sweep/report/words.py` says the same in documents.
 */
import type { Modality, TargetCoverage } from "../api/types";
import { word } from "../i18n/glossary";
import { t } from "../i18n/translate.svelte";
import { isRadio, type ModalityChoice } from "./modalities";

/** In ten thousandths, so that 0.29 is 29 % although a binary number is a little less. */
const parts = (share: number) => Math.floor(share * 10_000 + 0.5);

/** Whole per cent, rounded down: nothing is said to be more than it is. */
export const wholePercent = (share: number) => `${String(Math.floor(parts(share) / 100))}%`;

/** `48% (31–60%)`, the interval rounded outwards; that it cannot be said where there is no probability. */
export function chanceWords(one: TargetCoverage | null): string {
  if (one === null || one.probability === null || one.low === null || one.high === null)
    return word("coverage", "unknown");
  const [low, high] = [Math.floor(parts(one.low) / 100), Math.ceil(parts(one.high) / 100)];
  return `${wholePercent(one.probability)} (${String(low)}–${String(high)}%)`;
}

/** Where the curve behind the number was measured, and that nobody has proven it yet in the field. */
export function curveWords({ source }: Pick<TargetCoverage, "source">): string {
  return source === "field" ? word("source", source) : `${word("source", source)} · ${word("coverage", "unproven")}`;
}

type Told = readonly { readonly chance: TargetCoverage | null }[];

/** The one that speaks for the target of several zones; undefined where nothing was told of any. */
function spokesman(zones: Told): TargetCoverage | undefined {
  const told = zones.flatMap(({ chance }) => chance ?? []);
  return told.find(({ probability }) => probability !== null) ?? told[0];
}

/** Beside a picture of such numbers: of what alone they are. */
export function chanceLead(zones: Told): string {
  const one = spokesman(zones);
  return one === undefined ? word("coverage", "unknown") : t("map_chance_of", { target: t(`target_${one.target}`) });
}

/** What the numbers of one target in several zones are of, and their curve. */
export function chanceTitle(zones: Told): string {
  const one = spokesman(zones);
  const what = word("coverage", "chance");
  return one === undefined ? what : `${t(`target_${one.target}`)}: ${what} · ${curveWords(one)}`;
}

/** Why a lens's number is low even where all was swept; empty for a number of another method. */
export function chanceProduct(zones: Told): string {
  const one = spokesman(zones);
  return one?.modality === "lens" && one.probability !== null ? word("coverage", "product") : "";
}

/** What was looked at is a share of; no probability. */
export function shareName(modality: Modality): string {
  return word("coverage", isRadio(modality) ? "time" : "view");
}

/** The target that stands for all of a method, or of all methods: the first of which any zone has a probability. */
export function shownTarget(told: readonly TargetCoverage[], choice: ModalityChoice): TargetCoverage["target"] | null {
  const ours = told.filter(({ modality }) => choice === "all" || modality === choice);
  const isTold = (name: string) => ours.some(({ target, probability }) => target === name && probability !== null);
  const names = [...new Set(ours.map(({ target }) => target))];
  return names.find(isTold) ?? names[0] ?? null;
}
