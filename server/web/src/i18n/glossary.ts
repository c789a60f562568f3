/** What stands, in the glossary's words (`npm run types` reads them), in the chosen language; nobody spells them again. */
import { glossary } from "../api/tables.json";
import type { EquipmentResult, LocalText } from "../api/types";
import { local, t } from "./translate.svelte";

type Tables = typeof glossary;
export type Table = keyof Tables;

/** The word of a table for a code; a code that a newer server says, as it is. */
export function word<T extends Table>(table: T, code: keyof Tables[T] & string): string {
  return wordOf(table, code) ?? code;
}

/** The same for what may be of another table; null where this one has no such word. */
export function wordOf(table: Table, code: string): string | null {
  const words: Readonly<Record<string, LocalText>> = glossary[table];
  const text = words[code];
  return text === undefined ? null : local(text);
}

/** What the equipment says, named as such where its word does not name it already. */
export function equipmentSaid(result: EquipmentResult): string {
  const said = word("equipment", result);
  return result === "not_measured" ? said : `${t("result_equipment")} ${said}`;
}
