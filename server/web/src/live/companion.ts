/** With whom a person sweeps next: of today, else of the day's round, of the last visit here, or of an earlier day. */
import type { RoomDetail } from "../api/types";
import { session } from "../app/session.svelte";
import { today } from "../today/today.svelte";
import type { Day } from "./day";

/** Whoever presses reads the name; null where nobody is known. */
export function companionOf(room: RoomDetail, day: Day | null): string | null {
  const me = session.user?.display_name ?? "";
  const before = room.sweeps.find(({ inspectors }) => inspectors.includes(me))?.inspectors ?? [];
  const ofToday = day?.isToday === true ? day.companion : null;
  return [ofToday, today.data?.companion, ...before, day?.companion].find((name) => name && name !== me) ?? null;
}
