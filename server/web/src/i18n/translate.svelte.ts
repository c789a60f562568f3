/** The words of the page in the chosen language, of which one pack is loaded, and texts that came in both. */
import type { ShownText } from "../api/client";
import { settings } from "../app/settings.svelte";
import { filled } from "./filled";
import type { Language, MessageKey, ParametersOf } from "./messages";

type Parameters<K extends MessageKey> = [ParametersOf<K>] extends [never]
  ? []
  : [parameters: Readonly<Record<ParametersOf<K>, string | number>>];
type Pack = Readonly<Record<MessageKey, string>>;

const PACKS: Readonly<Record<Language, () => Promise<{ readonly default: Pack }>>> = {
  ko: () => import("virtual:words/ko"),
  en: () => import("virtual:words/en"),
};
let words = $state.raw<Pack | null>(null);

/** Load the words of a language, then speak it; without a connection the page goes on in the one it has. */
export async function speak(language: Language): Promise<void> {
  try {
    words = (await PACKS[language]()).default;
    settings.language = language;
  } catch (error) {
    if (words === null) throw error;
  }
}

/** The text of `key` in the chosen language with its {placeholders} filled in. */
export function t<K extends MessageKey>(key: K, ...parameters: Parameters<K>): string {
  const values: Readonly<Record<string, string | number>> = parameters[0] ?? {};
  return filled(words?.[key] ?? key, values);
}

/** Whether the page has words for what somebody else named. */
export function hasWord(key: string): key is MessageKey {
  return words !== null && Object.hasOwn(words, key);
}

/** A text of the page where one in both languages is expected: it is shown at once, so the chosen one stands in both. */
export function shown(
  key: { [K in MessageKey]: [ParametersOf<K>] extends [never] ? K : never }[MessageKey],
): ShownText {
  const word = words?.[key] ?? key;
  return { ko: word, en: word };
}

/** The chosen language of a text that the server or the probe wrote in both. */
export function local(text: { readonly ko: string; readonly en: string }): string {
  return text[settings.language];
}
