/** What the record of a sweep comes to, in one line: entries, signatures, gaps and alarms. */
import type { SweepDetail } from "../api/types";
import { t } from "../i18n/translate.svelte";

const badOf = ({ entries }: SweepDetail) => entries.filter((entry) => !entry.signature_ok).length;

export function isWhole(detail: SweepDetail): boolean {
  return badOf(detail) === 0 && detail.gaps.length === 0 && detail.alarms.length === 0;
}

export function recordWords(detail: SweepDetail): string {
  const bad = badOf(detail);
  return [
    t("record_entries", { n: detail.entries.length }),
    bad === 0 ? t("record_signatures_ok") : t("record_signatures_bad", { n: bad }),
    detail.gaps.length === 0 ? t("record_no_gaps") : t("record_gaps", { n: detail.gaps.length }),
    ...(detail.alarms.length > 0 ? [t("record_alarms", { n: detail.alarms.length })] : []),
  ].join(", ");
}
