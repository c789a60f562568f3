/** What a zone's shade is in words. */
import { word } from "../i18n/glossary";
import { t } from "../i18n/translate.svelte";
import type { ShownState, ZoneShade } from "./shading";

/** `isSoFar`: of a sweep that is not over, of which only a place to inspect is told as it is. */
export function stateWord(state: ShownState, isSoFar = false): string {
  if (state === "untold") return "";
  if (state === "pending") return t("zone_pending");
  const said = word("zone", state);
  return isSoFar && state !== "to_inspect" ? t("zone_so_far", { word: said }) : said;
}

/** By the equipment, and how many of its ways could not judge beside what was not detected. */
export function equipmentWords({ state, isSoFar, ways, unable }: ZoneShade): string {
  const said = stateWord(state, isSoFar);
  return state === "nothing_detected" && unable > 0 ? t("zone_unable", { word: said, ways, unable }) : said;
}

/** A find by persons comes first; the equipment's word stays beside it. */
export function zoneWords(shade: ZoneShade): string {
  const said = equipmentWords(shade);
  return shade.find === null ? said : `${word("finding", shade.find)} · ${t("result_equipment")} ${said}`;
}
