/** Says the words of one table in the chosen language; for pages that are fetched when somebody opens them. */
import { settings } from "../app/settings.svelte";
import { filled } from "./filled";
import type { PlaceholdersOf } from "./text";

type Words = Readonly<Record<string, { readonly ko: string; readonly en: string }>>;
type Named<W extends Words, K extends keyof W> = PlaceholdersOf<W[K]["ko"]>;
type Parameters<W extends Words, K extends keyof W> = [Named<W, K>] extends [never]
  ? []
  : [parameters: Readonly<Record<Named<W, K>, string | number>>];

/** The words of `words` that have no {placeholders}. */
export type PlainKeyOf<W extends Words> = { [K in keyof W]: [Named<W, K>] extends [never] ? K : never }[keyof W];

export function speaker<W extends Words>(words: W) {
  return function say<K extends keyof W>(key: K, ...parameters: Parameters<W, K>): string {
    const values: Readonly<Record<string, string | number>> = parameters[0] ?? {};
    return filled(words[key]?.[settings.language] ?? "", values);
  };
}
