/** A case in a line: where the thing is, what speaks for it, and since when. */
import type { CaseView } from "../api/types";
import { date, day, isoDay } from "../i18n/format";
import { wordOf } from "../i18n/glossary";
import { local, t } from "../i18n/translate.svelte";
import { methodsOf } from "../sweep/modalities";

/** The first day by which one of these is repaired, and whether it is over; null where nothing waits for a repair. */
export function repairDue(cases: readonly CaseView[]): { words: string; isOver: boolean } | null {
  const [due] = cases.flatMap((one) => (one.state === "defect" && one.due !== null ? [one.due] : [])).sort();
  if (due === undefined) return null;
  const isOver = due < isoDay(new Date());
  return { words: t(isOver ? "repair_due_over" : "repair_due", { when: date(due) }), isOver };
}

export function caseLine(one: CaseView): string {
  const { zone = null, seen_by: seenBy = [] }: Partial<CaseView> = one; // kept on a phone by an older page without them
  const what = methodsOf(seenBy.map((modality) => ({ modality })));
  const began =
    (one.began && wordOf("began", one.began)) ?? t(one.finding_id === null ? "case_by_person" : "case_by_finding");
  const where = zone === null ? [] : [local(zone)];
  return [began, ...where, ...what, t("case_since", { when: day(one.opened) })].join(" · ");
}
