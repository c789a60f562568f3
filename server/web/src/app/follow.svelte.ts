/** Something that is loaded while somebody types or chooses what of it they want. */
import { untrack } from "svelte";
import type { Resource } from "./resource.svelte";

const PAUSE_MS = 250; // guessed: a pause between words, not between letters

/** Load it at once, and again a moment after what `wanted` reads has changed; not while `isAsked` says no. */
export function follow(resource: Resource<unknown>, wanted: () => unknown, isAsked: () => boolean = () => true): void {
  $effect(() => {
    wanted();
    if (!isAsked()) return undefined;
    const soon = setTimeout(() => void resource.reload(), untrack(() => resource.isAnswered) ? PAUSE_MS : 0);
    return () => {
      clearTimeout(soon);
    };
  });
}
