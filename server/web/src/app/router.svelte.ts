import { queryOf, written } from "./query";

/** Hash routing: `#/rooms/ID` works from any address and needs nothing of the server. */
export type Route =
  /** Where a person begins: at the desk, or at the rooms. */
  | { readonly screen: "home" }
  | { readonly screen: "rooms" }
  | { readonly screen: "room"; readonly roomId: string }
  | { readonly screen: "start"; readonly roomId: string; readonly isPractice: boolean }
  /** The room with other instruments than a probe. */
  | { readonly screen: "inspect"; readonly roomId: string }
  /** Practice in the room: one's own; without a room the first run, alone, with a probe that the phone plays. */
  | { readonly screen: "practice"; readonly roomId: string }
  /** The room over its visits. */
  | { readonly screen: "visits"; readonly roomId: string }
  /** The room's plan, to correct it. */
  | { readonly screen: "plan"; readonly roomId: string }
  /** Something in the room that is to be repaired. */
  | { readonly screen: "repair"; readonly roomId: string }
  | {
      readonly screen: "sweep";
      readonly sweepId: string;
      readonly findingId: string | null;
      /** The part of the page to open at. */
      readonly part: "transmitters" | null;
    }
  | {
      readonly screen: "transmitter";
      readonly sweepId: string;
      readonly transmitterId: string;
      /** The finding from which it was opened, and to which the way back leads. */
      readonly findingId: string | null;
    }
  | { readonly screen: "live"; readonly probeId: string | null }
  | { readonly screen: "exports" }
  | { readonly screen: "settings" }
  | { readonly screen: "keys" }
  /** The desk, which knows its own pages. */
  | { readonly screen: "desk"; readonly page: string; readonly id: string | null }
  | { readonly screen: "checks"; readonly probeId: string | null }
  | { readonly screen: "photos"; readonly caseId: string }
  /** The end of a visit: the checklist, what is left to do, the sheet for the facility. */
  | { readonly screen: "visit"; readonly sweepId: string; readonly part: "checklist" | "after" | "sheet" }
  /** The guide through a case for whoever stands before it. */
  | { readonly screen: "find"; readonly caseId: string }
  | { readonly screen: "account" }
  | { readonly screen: "notifications" }
  /** A room as people of its facility have it. */
  | { readonly screen: "own"; readonly roomId: string }
  | { readonly screen: "unknown" };

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map((part) => safeDecode(part));
  const [first, second, third, fourth] = parts;
  if (first === undefined) return { screen: "home" };
  if (first === "rooms" && second === undefined) return { screen: "rooms" };
  if (first === "rooms" && second !== undefined && third === "start") {
    return { screen: "start", roomId: second, isPractice: fourth === "practice" };
  }
  if (first === "rooms" && second !== undefined && third === "inspect") return { screen: "inspect", roomId: second };
  if (first === "rooms" && second !== undefined && third === "plan") return { screen: "plan", roomId: second };
  if (first === "rooms" && second !== undefined && third === "repair") return { screen: "repair", roomId: second };
  if (first === "rooms" && second !== undefined && third === "visits") return { screen: "visits", roomId: second };
  if (first === "rooms" && second !== undefined && third === "practice") return { screen: "practice", roomId: second };
  if (first === "rooms" && second !== undefined && third === undefined) return { screen: "room", roomId: second };
  if (first === "sweeps" && second !== undefined && third === "transmitters" && fourth !== undefined)
    return {
      screen: "transmitter",
      sweepId: second,
      transmitterId: fourth,
      findingId: /(?:^|&)finding=([\w-]+)/.exec(query)?.[1] ?? null,
    };
  if (first === "sweeps" && second !== undefined && (third === "checklist" || third === "after" || third === "sheet"))
    return { screen: "visit", sweepId: second, part: third };
  if (first === "sweeps" && second !== undefined)
    return {
      screen: "sweep",
      sweepId: second,
      findingId: third === "findings" && fourth !== undefined ? fourth : null,
      part: third === "transmitters" ? third : null,
    };
  if (first === "live") return { screen: "live", probeId: second ?? null };
  if (first === "own" && second !== undefined) return { screen: "own", roomId: second };
  if (first === "find" && second !== undefined) return { screen: "find", caseId: second };
  if (first === "photos" && second !== undefined) return { screen: "photos", caseId: second };
  if (first === "first") return { screen: "practice", roomId: "" };
  if (first === "exports") return { screen: "exports" };
  if (first === "desk") return { screen: "desk", page: second ?? "day", id: third ?? null };
  if (first === "settings" && second === "keys") return { screen: "keys" };
  if (first === "settings" && second === "checks") return { screen: "checks", probeId: third ?? null };
  if (first === "settings" && second === "login") return { screen: "account" };
  if (first === "settings" && second === "notifications") return { screen: "notifications" };
  if (first === "settings") return { screen: "settings" };
  return { screen: "unknown" };
}

function safeDecode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const links = {
  home: "#/",
  rooms: "#/rooms",
  room: (roomId: string) => `#/rooms/${encodeURIComponent(roomId)}`,
  start: (roomId: string) => `#/rooms/${encodeURIComponent(roomId)}/start`,
  startPractice: (roomId: string) => `#/rooms/${encodeURIComponent(roomId)}/start/practice`,
  inspect: (roomId: string) => `#/rooms/${encodeURIComponent(roomId)}/inspect`,
  practice: (roomId: string) => `#/rooms/${encodeURIComponent(roomId)}/practice`,
  visits: (roomId: string) => `#/rooms/${encodeURIComponent(roomId)}/visits`,
  plan: (roomId: string) => `#/rooms/${encodeURIComponent(roomId)}/plan`,
  repair: (roomId: string) => `#/rooms/${encodeURIComponent(roomId)}/repair`,
  sweep: (sweepId: string) => `#/sweeps/${encodeURIComponent(sweepId)}`,
  finding: (sweepId: string, findingId: string) =>
    `#/sweeps/${encodeURIComponent(sweepId)}/findings/${encodeURIComponent(findingId)}`,
  checklist: (sweepId: string) => `#/sweeps/${encodeURIComponent(sweepId)}/checklist`,
  after: (sweepId: string) => `#/sweeps/${encodeURIComponent(sweepId)}/after`,
  sheet: (sweepId: string) => `#/sweeps/${encodeURIComponent(sweepId)}/sheet`,
  transmitters: (sweepId: string) => `#/sweeps/${encodeURIComponent(sweepId)}/transmitters`,
  transmitter: (sweepId: string, transmitterId: string, findingId: string | null = null) =>
    `#/sweeps/${encodeURIComponent(sweepId)}/transmitters/${encodeURIComponent(transmitterId)}` +
    (findingId === null ? "" : `?finding=${encodeURIComponent(findingId)}`),
  live: (probeId?: string) => (probeId === undefined ? "#/live" : `#/live/${encodeURIComponent(probeId)}`),
  own: (roomId: string) => `#/own/${encodeURIComponent(roomId)}`,
  photos: (caseId: string) => `#/photos/${encodeURIComponent(caseId)}`,
  find: (caseId: string) => `#/find/${encodeURIComponent(caseId)}`,
  first: "#/first",
  exports: "#/exports",
  settings: "#/settings",
  keys: "#/settings/keys",
  desk: (page = "", id = "") => ["#/desk", page, id].filter((part) => part !== "").join("/"),
  /** A list of the desk, narrowed. */
  deskList: (page: string, filters: Readonly<Record<string, string>>) => `#/desk/${page}?${written(filters)}`,
  checks: (probeId?: string) =>
    probeId === undefined ? "#/settings/checks" : `#/settings/checks/${encodeURIComponent(probeId)}`,
  account: "#/settings/login",
  notifications: "#/settings/notifications",
} as const;

class Router {
  route = $state<Route>(parseRoute(location.hash));
  /** What stands behind the question mark: how a list of the desk is narrowed. */
  query = $state.raw(queryOf(location.hash));

  constructor() {
    addEventListener("hashchange", () => {
      this.#read(location.hash);
      scrollTo(0, 0);
    });
  }

  #read(hash: string): void {
    this.route = parseRoute(hash);
    this.query = queryOf(hash);
  }

  go(link: string): void {
    location.hash = link;
  }

  /** What is open on this screen, for the way back to it; nothing moves and no step is added. */
  note(link: string): void {
    history.replaceState(history.state, "", link);
    this.#read(link);
  }
}

export const router = new Router();
