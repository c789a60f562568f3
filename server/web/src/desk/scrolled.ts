/** How many rows each list was scrolled by, by its address and name: who comes back finds it so, whatever stands beside it. */
import { changed, queryOf } from "../app/query";
import { ROW } from "./filters.svelte";

const left = new Map<string, number>();

const here = (list: string): string =>
  `${location.hash.split("?")[0] ?? ""}?${changed(queryOf(location.hash), ROW, "").toString()} ${list}`;

export const scrolledTo = (list: string): number => left.get(here(list)) ?? 0;

export function noteScroll(list: string, rows: number): void {
  left.set(here(list), rows);
}
