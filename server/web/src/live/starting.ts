/** Asking a probe to prepare a sweep, from the form or with one touch on a room's page. */
import { ApiError, call, client } from "../api/client";
import type { Mode, ProbeView } from "../api/types";
import { newId } from "../app/ids";
import { links, router } from "../app/router.svelte";
import { session } from "../app/session.svelte";
import { keepSweep } from "./day";
import { byEar, type Ear } from "./ear/by-ear.svelte";
import { COMMAND_LIFE_MS, rememberStart } from "./started";

export interface Wish {
  readonly probeId: string;
  readonly roomId: string;
  readonly mode: Mode;
  readonly inspectors: [string, string];
  readonly ear: Ear;
  /** Things were hidden to be found: it counts as no inspection. */
  readonly isPractice?: boolean;
}

const BUSY: readonly string[] = ["waiting_for_empty", "running", "paused", "closing"];

let asked: {
  readonly wish: string;
  readonly commandId: string;
  readonly toldTime: string;
  readonly atMs: number;
} | null = null;

export function isBusyProbe({ state }: ProbeView): boolean {
  return state !== null && BUSY.includes(state);
}

export function isReadyProbe(probe: ProbeView): boolean {
  return probe.online && !isBusyProbe(probe);
}

/** Of these probes the one to propose: the only one that is ready, or the one of the day; undefined where one has to choose. */
export function proposedProbe(probes: readonly ProbeView[], ofDay: string | undefined): string | undefined {
  const ready = probes.filter(isReadyProbe);
  if (ready.length === 1) return ready[0]?.probe_id;
  return ready.find(({ probe_id }) => probe_id === ofDay)?.probe_id;
}

/** Ask, remember what was asked for, and go to the live screen; throws ApiError. */
export async function askToStart({ probeId, roomId, mode, inspectors, ear, isPractice = false }: Wish): Promise<void> {
  const author = session.user?.username ?? "";
  // Asked again after a lost answer it is the same start; another wish is another.
  const wish = JSON.stringify([author, probeId, roomId, mode, inspectors, ear, isPractice]);
  if (asked?.wish !== wish || Date.now() - asked.atMs > COMMAND_LIFE_MS)
    asked = { wish, commandId: newId(), toldTime: new Date().toISOString(), atMs: Date.now() };
  const { commandId, toldTime } = asked;
  try {
    const queued = await call(
      client.POST("/api/probes/{probe_id}/commands", {
        params: { path: { probe_id: probeId } },
        body: {
          command: "start",
          command_id: commandId,
          room_id: roomId,
          mode,
          inspectors,
          told_time: toldTime,
          is_practice: isPractice,
          has_radio_earphone: ear === "radio",
        },
      }),
    );
    asked = null;
    rememberStart({ author, probeId, sweepId: queued.sweep_id, roomId, inspectors, askedMs: Date.now() });
  } catch (error) {
    if (error instanceof ApiError && !error.isOffline) asked = null;
    throw error;
  }
  byEar.choose(ear);
  void keepSweep({
    probeId,
    mode,
    ear,
    companion: inspectors.find((name) => name !== session.user?.display_name) ?? "",
  });
  router.go(links.live(probeId));
}
