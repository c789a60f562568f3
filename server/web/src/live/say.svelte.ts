/** What a running sweep says of the room, in the chosen language; fetched with it, not with the first load of phone or desk. */
import { settings } from "../app/settings.svelte";
import { filled } from "../i18n/filled";
import type { PlaceholdersOf } from "../i18n/text";
import { words } from "./words";

export type RoomKey = keyof typeof words;
type Named<K extends RoomKey> = PlaceholdersOf<(typeof words)[K]["ko"]>;
type Parameters<K extends RoomKey> = [Named<K>] extends [never]
  ? []
  : [parameters: Readonly<Record<Named<K>, string | number>>];

/** Words without {placeholders}. */
export type PlainKey = { [K in RoomKey]: [Named<K>] extends [never] ? K : never }[RoomKey];

export function say<K extends RoomKey>(key: K, ...parameters: Parameters<K>): string {
  const values: Readonly<Record<string, string | number>> = parameters[0] ?? {};
  return filled(words[key][settings.language], values);
}
