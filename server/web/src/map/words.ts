/** What a zone's shade is in words. */
import { word } from "../i18n/glossary";
import { t } from "../i18n/translate.svelte";
import type { ShownState, ZoneShade } from "./shading";

export function stateWord(state: ShownState): string {
  if (state === "untold") return "";
  return state === "pending" ? t("zone_pending") : word("zone", state);
}

/** By the equipment, and how many of its ways could not judge beside what was not detected. */
export function equipmentWords({ state, ways, unable }: ZoneShade): string {
  return state === "nothing_detected" && unable > 0
    ? t("zone_unable", { word: word("zone", state), ways, unable })
    : stateWord(state);
}

/** A find by persons comes first; the equipment's word stays beside it. */
export function zoneWords(shade: ZoneShade): string {
  const said = equipmentWords(shade);
  return shade.find === null ? said : `${word("finding", shade.find)} · ${t("result_equipment")} ${said}`;
}
