/** All cases, page by page: what is open in a city is some hundreds. */
import { call, client } from "../api/client";
import type { CaseView } from "../api/types";
import { urgency } from "./case-state";

const PAGE = 200;

export async function* allCases(isEverything: boolean): AsyncGenerator<readonly CaseView[]> {
  let rows: readonly CaseView[] = [];
  let after: string | null = null;
  do {
    const query = { open_only: !isEverything, limit: PAGE, ...(after === null ? {} : { after }) };
    const page: { cases: readonly CaseView[]; next_after: string | null } = await call(
      client.GET("/api/cases", { params: { query } }),
    );
    rows = [...rows, ...page.cases];
    yield rows;
    after = page.next_after;
  } while (after !== null);
}

/** What is looked at first, then the oldest. */
export const byUrgency = (a: CaseView, b: CaseView): number =>
  urgency(a) - urgency(b) || Date.parse(a.opened) - Date.parse(b.opened);
