/** What an entry is called: a kind of a later release by its code. */
import { kind as kinds } from "../api/tables.json";
import { say } from "./say.svelte";

const isKnown = (key: string): key is keyof typeof kinds => key in kinds;

export function kindOf(kind: string | null): string {
  if (kind === null) return "?";
  const key = `kind_${kind.replaceAll(".", "_")}`;
  return isKnown(key) ? say(key) : kind;
}
