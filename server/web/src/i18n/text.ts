/** The names in {braces} of a text. */
export type PlaceholdersOf<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlaceholdersOf<Rest>
  : never;

type SamePlaceholders<Ko extends string, En extends string> = [PlaceholdersOf<Ko>, PlaceholdersOf<En>] extends [
  PlaceholdersOf<En>,
  PlaceholdersOf<Ko>,
]
  ? unknown
  : never;

/** One text in both languages. */
export const text = <const Ko extends string, const En extends string>(ko: Ko, en: En & SamePlaceholders<Ko, En>) => ({
  ko,
  en,
});
