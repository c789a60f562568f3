/** What an entry is called: a kind of a later release by its code. */
import { kind } from "../api/tables.json";
import { say } from "./say.svelte";

const isKnown = (key: string): key is keyof typeof kind => key in kind;

export function kindOf(kind: string | null): string {
  if (kind === null) return "?";
  const key = `kind_${kind.replaceAll(".", "_")}`;
  return isKnown(key) ? say(key) : kind;
}
