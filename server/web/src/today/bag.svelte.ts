/** The probe in the bag: is it on, how full is its power bank, was it checked against the target today. */
import { ApiError, call, client } from "../api/client";
import type { ProbeView } from "../api/types";
import { Resource } from "../app/resource.svelte";
import { isoDay } from "../i18n/format";

const REFRESH_MS = 15_000; // guessed: as long as one takes to switch it on and look
const MOST = 2; // guessed: a pair carries one, and a spare

interface Checked {
  readonly probe: ProbeView;
  readonly status: "passed" | "failed" | "out_of_control" | "not_done";
  readonly at: string | null;
}

export const bag = new Resource<readonly Checked[]>(async () => {
  const { probes } = await call(client.GET("/api/probes"));
  const there = probes.filter(({ online }) => online).slice(0, MOST);
  return Promise.all(there.map(checkOf));
}, true);

/** Ask now and again every while; gives what ends it. */
export function watchBag(): () => void {
  void bag.reload();
  const timer = setInterval(() => void bag.reload(), REFRESH_MS);
  return () => {
    clearInterval(timer);
  };
}

async function checkOf(probe: ProbeView): Promise<Checked> {
  try {
    const { checks } = await call(
      client.GET("/api/probes/{probe_id}/reference-checks", {
        params: { path: { probe_id: probe.probe_id }, query: { limit: 1 } },
      }),
    );
    const last = checks[0];
    if (last !== undefined && isoDay(new Date(last.at)) === isoDay(new Date()))
      return { probe, status: last.told.check.status, at: last.at };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error; // of another district: nothing is known of its mornings
  }
  return { probe, status: "not_done", at: null };
}
