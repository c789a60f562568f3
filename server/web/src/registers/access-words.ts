/** Accesses in words: what was done and what was seen, as their file says it. */
import { access } from "../api/tables.json";
import { local } from "../i18n/translate.svelte";

const WORDS: Readonly<Record<string, { readonly ko: string; readonly en: string }>> = access;

/** The code itself where nobody wrote words for it. */
export function actionWord(code: string): string {
  const words = WORDS[`access_${code.replace(".", "_")}`];
  return words === undefined ? code : local(words);
}

export const shownWords = (codes: readonly string[]): string => codes.map(actionWord).join(", ");
