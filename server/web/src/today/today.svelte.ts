/** What the day asks for, as the server says it now, for the list of rooms and for each room. */
import { call, client } from "../api/client";
import { Resource } from "../app/resource.svelte";
import { session } from "../app/session.svelte";
import { bag, watchBag } from "./bag.svelte";
import { compose, type TodayList, type TodayRoom } from "./compose";

/** Who sees what is due; the others see open cases only. */
const DUE_READERS: ReadonlySet<string> = new Set([
  "inspector",
  "supervisor",
  "district_officer",
  "city_officer",
  "auditor",
  "admin",
]);

const MOST_DUE = 5_000; // the most that the server tells
const MOST_CASES = 200;
/** What comes later keeps nobody from the rest. */
export const TOGETHER_MS = 1_000; // guessed: whoever waits longer would rather have a part

export const today = new Resource<TodayList>(async () => {
  const seesDue = DUE_READERS.has(session.user?.role ?? "");
  const [cases, due, plan] = await Promise.all([
    call(client.GET("/api/cases", { params: { query: { limit: MOST_CASES } } })),
    seesDue ? call(client.GET("/api/schedule", { params: { query: { limit: MOST_DUE } } })) : null,
    seesDue ? call(client.GET("/api/schedule/rounds")) : null,
  ]);
  return compose(cases.cases, due?.items ?? [], plan, due?.is_cut ?? false, session.user?.display_name ?? "");
}, true);

let person: string | undefined; // whose day it is

/** Ask what the day of whoever is logged in asks for, and watch the probe in the bag; gives what ends that. */
export function openDay(): (() => void) | undefined {
  const username = session.user?.username;
  if (username !== person) for (const one of [today, bag]) one.forget();
  person = username;
  void today.reload();
  return session.mayInspect ? watchBag() : undefined;
}

/** Whether all of the day has answered, or has failed to. */
export function isDayAnswered(): boolean {
  return today.isAnswered && (bag.isAnswered || !session.mayInspect);
}

/** What the day says of one room; null while nothing is known or nothing is asked for. */
export function todayOf(roomId: string): TodayRoom | null {
  return today.data?.byRoom.get(roomId) ?? null;
}
