import type { components } from "../api/schema";
import { t } from "../i18n/translate.svelte";

/** What came of an act about a key, in words. */
export function judgedText(judged: components["schemas"]["JudgedKey"]): string {
  if (judged.waits_for_root) return t("keys_waits_for_root");
  return t("keys_judged", { released: judged.released, left: judged.left });
}
