/**
 * Rooms that the day asks for, of open cases, what is due, and the rounds of the day.  Open finds come first, then the own
 * pair's round in its order, then what is overdue.  Pure.
 */
import type { ShownText } from "../api/client";
import type { CaseView, DayPlan, DueView } from "../api/types";

/** Made once: 5,000 rooms ask it 60,000 times. */
const BY_NAME = new Intl.Collator("ko");

export interface TodayRoom {
  readonly roomId: string;
  readonly facility: ShownText;
  readonly room: ShownText;
  readonly cases: readonly CaseView[];
  readonly due: DueView | null;
  /** In the own pair's round: which place, when, and how far from the one before. */
  readonly stop: {
    readonly n: number;
    readonly expected: string;
    readonly metres: number | null;
    readonly latitude: number | null;
    readonly longitude: number | null;
  } | null;
}

export interface TodayList {
  readonly rooms: readonly TodayRoom[];
  readonly byRoom: ReadonlyMap<string, TodayRoom>;
  /** More are due than were asked for. */
  readonly isCut: boolean;
  /** No hidden lens measured the own eye for a month. */
  readonly isLensDue: boolean;
  /** The other one of the pair that has the round. */
  readonly companion: string | null;
}

export function compose(
  cases: readonly CaseView[],
  due: readonly DueView[],
  plan: DayPlan | null,
  isCut: boolean,
  me: string,
): TodayList {
  const round = plan?.rounds.find(({ pair }) => pair.names.some((name) => name === me)) ?? null;
  const stops = new Map(
    (round?.stops ?? []).flatMap((stop, index) =>
      stop.rooms.map(
        (roomId) =>
          [
            roomId,
            {
              n: index + 1,
              expected: stop.expected,
              metres: stop.straight_line_m,
              latitude: stop.latitude_deg,
              longitude: stop.longitude_deg,
            },
          ] as const,
      ),
    ),
  );
  const rooms = new Map<string, TodayRoom>();
  const at = (roomId: string, facility: ShownText, room: ShownText): TodayRoom =>
    rooms.get(roomId) ?? { roomId, facility, room, cases: [], due: null, stop: stops.get(roomId) ?? null };
  for (const one of cases) {
    const before = at(one.room_id, one.facility_name, one.room_name);
    rooms.set(one.room_id, { ...before, cases: [...before.cases, one] });
  }
  for (const one of due) {
    const before = at(one.room_id, one.facility_name, one.room_name);
    // Of several rules the gravest is told.
    if (before.due === null || graveness(one) < graveness(before.due)) rooms.set(one.room_id, { ...before, due: one });
  }
  const companion = round?.pair.names.find((name) => name !== me) ?? null;
  return {
    rooms: [...rooms.values()].sort(inOrder),
    byRoom: rooms,
    isCut,
    isLensDue: plan?.is_lens_due ?? false,
    companion,
  };
}

function graveness({ state }: DueView): number {
  return ["missed", "overdue", "due"].indexOf(state);
}

function inOrder(one: TodayRoom, other: TodayRoom): number {
  return (
    rank(one) - rank(other) ||
    (one.stop?.n ?? 0) - (other.stop?.n ?? 0) ||
    (one.due === null ? 9 : graveness(one.due)) - (other.due === null ? 9 : graveness(other.due)) ||
    BY_NAME.compare(one.facility.ko, other.facility.ko) ||
    BY_NAME.compare(one.room.ko, other.room.ko)
  );
}

function rank({ cases, stop, due }: TodayRoom): number {
  if (cases.some(({ is_found }) => is_found)) return 0;
  if (cases.length > 0) return 1;
  if (stop !== null) return 2;
  return due === null || due.state === "due" ? 4 : 3;
}
