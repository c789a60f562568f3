/** The words of photographs in the chosen language; they are fetched with them, not with the phone's first load. */
import { settings } from "../app/settings.svelte";
import { filled } from "../i18n/filled";
import type { PlaceholdersOf } from "../i18n/text";
import { words } from "./words";

export type PhotoKey = keyof typeof words;
type Named<K extends PhotoKey> = PlaceholdersOf<(typeof words)[K]["ko"]>;
type Parameters<K extends PhotoKey> = [Named<K>] extends [never]
  ? []
  : [parameters: Readonly<Record<Named<K>, string | number>>];

/** Words without {placeholders}. */
export type PlainKey = { [K in PhotoKey]: [Named<K>] extends [never] ? K : never }[PhotoKey];

export function say<K extends PhotoKey>(key: K, ...parameters: Parameters<K>): string {
  const values: Readonly<Record<string, string | number>> = parameters[0] ?? {};
  return filled(words[key][settings.language], values);
}
