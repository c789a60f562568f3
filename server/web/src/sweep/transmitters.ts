/**
 * The transmitters of a report: Wi-Fi and BLE observations put together over positions by their address tokens, with
 * their levels, the findings that cite them and what makes them notable.
 *
 * Input is a report, output plain records in the order of their interest. A token is a keyed tag: nothing here knows an
 * address, and one device that makes up new addresses stays several entries.
 */
import type { Evidence, Finding, Observation, Position, SweepReport, Zone } from "../api/types";

export type AirModality = "wifi" | "ble";
export type WifiObservation = Extract<Observation, { modality: "wifi" }>;
export type BleObservation = Extract<Observation, { modality: "ble" }>;
type AirObservation = WifiObservation | BleObservation;
export type AddressToken = AirObservation["addresses"][number];

/** What was heard of a transmitter where the probe stood. */
export interface Reading {
  readonly position: Position;
  readonly zone: Zone | null;
  /** `not_looked`: the method did not measure here, so silence says nothing. */
  readonly state: "heard" | "silent" | "not_looked";
  readonly medianDbm: number | null;
  readonly maxDbm: number | null;
  /** Frames or advertisements. */
  readonly frames: number;
  readonly wifi: WifiObservation | null;
}

export interface Citation {
  readonly finding: Finding;
  /** As the map numbers it. */
  readonly number: number;
  readonly isFor: boolean;
}

export type Reason = "cited" | "video_uplink" | "follows_light" | "open" | "camera_hint";

export interface Transmitter {
  /** Modality, key and tag: what the page's address names it by. */
  readonly id: string;
  readonly modality: AirModality;
  /** The first digits of its tag, to tell it from others in speech. */
  readonly shortTag: string;
  readonly addresses: readonly AddressToken[];
  readonly isRandomised: boolean;
  readonly wifi: readonly WifiObservation[];
  readonly ble: readonly BleObservation[];
  readonly readings: readonly Reading[];
  readonly strongest: Reading | null;
  readonly citations: readonly Citation[];
  /** Empty for what is ordinary. */
  readonly reasons: readonly Reason[];
}

export const SHORT_TAG = 4;

/** Every transmitter of the report, the notable first, then the loud before the faint. */
export function transmittersOf(report: SweepReport): Transmitter[] {
  const heard = report.observations.filter(isFromAir);
  return grouped(heard)
    .map((observations) => describe(observations, report))
    .sort(
      (one, other) =>
        rank(one) - rank(other) || levelOf(other.strongest) - levelOf(one.strongest) || (one.id < other.id ? -1 : 1),
    );
}

/** Evidence of a finding to the id of the transmitter it cites; of several that cite the same one, the first. */
export function citedTransmitters(report: SweepReport, finding: Finding): Map<Evidence, string> {
  const transmitters = transmittersOf(report);
  const found = new Map<string, Evidence>();
  for (const evidence of [...finding.evidence_for, ...finding.evidence_against]) {
    const isIt = (observation: AirObservation) => observation.observation_id === evidence.observation_id;
    const id = transmitters.find(({ wifi, ble }) => wifi.some(isIt) || ble.some(isIt))?.id;
    if (id !== undefined && !found.has(id)) found.set(id, evidence);
  }
  return new Map([...found].map(([id, evidence]) => [evidence, id]));
}

/** The transmitter that a page's address names. */
export function findTransmitter(transmitters: readonly Transmitter[], id: string): Transmitter | null {
  return transmitters.find((transmitter) => transmitter.id === id) ?? null;
}

/** What was judged of its traffic over all positions: the verdict that asks most of a person, and how often it fell. */
export interface VideoSummary {
  readonly verdict: WifiObservation["video"]["verdict"];
  readonly places: number;
  readonly all: number;
  readonly score: number;
  readonly afterS: number | null;
  /** Why it is not assessable, where the page has a sentence for it. */
  readonly reason: VideoReason | null;
  /** Its traffic alone does not tell whether it is a camera; the light does. */
  readonly isOpen: boolean;
}

/** What the traffic alone cannot tell comes first: there the light tells. */
const OPEN_REASONS = [
  "two_transmitters",
  "may_relay",
  "no_clock",
  "answered",
  "may_be_clips",
  "like_reports",
  "too_thin",
] as const;
const VIDEO_REASONS = [...OPEN_REASONS, "peer_unheard", "data_unheard", "too_short", "too_few_frames"] as const;
export type VideoReason = (typeof VIDEO_REASONS)[number];

/** Of a flow that the probe names while it is tested; null where the page has no sentence for it. */
export function videoReason(code: string): VideoReason | null {
  return VIDEO_REASONS.find((reason) => reason === code) ?? null;
}

function isOpen({ reason }: WifiObservation["video"]): boolean {
  return OPEN_REASONS.some((open) => open === reason);
}

export function videoOf({ wifi }: Transmitter): VideoSummary | null {
  const said = wifi.map(({ video }) => video);
  const groups = [
    said.filter(({ verdict }) => verdict === "video_uplink"),
    said.filter(isOpen),
    said.filter(({ verdict }) => verdict === "not_video"),
    said.filter((video) => video.verdict === "not_assessable" && !isOpen(video)),
  ];
  for (const same of groups) {
    const verdict = same[0]?.verdict;
    if (verdict === undefined) continue;
    const times = same.flatMap(({ decided_after_s: after }) => (after === null ? [] : [after]));
    return {
      verdict,
      places: same.length,
      all: said.length,
      score: Math.max(...same.map(({ score }) => score)),
      afterS: times.length > 0 ? Math.min(...times) : null,
      reason: VIDEO_REASONS.find((reason) => same.some((video) => video.reason === reason)) ?? null,
      isOpen: same.some(isOpen),
    };
  }
  return null;
}

export interface LightSummary {
  readonly verdict: NonNullable<WifiObservation["stimulus"]>["verdict"];
  readonly p: number | null;
  /** A person walked instead of the lamp. */
  readonly isWalk: boolean;
  /** Live: seconds from the first chip to the answer. */
  readonly afterS: number | null;
  /** Where it was not found to follow: the share of light that would have shown; null where nobody asked. */
  readonly smallestShare: number | null;
  readonly reading: Reading;
  /** Why it could not be tested; null where it was. */
  readonly reason: LightReason | null;
}

const LIGHT_REASONS = [
  "skipped_by_person",
  "too_many_channels",
  "light_later",
  "louder_elsewhere",
  "short_of_time",
  "quick",
  "no_lamp",
  "transmitter_silent",
  "two_transmitters",
  "light_too_weak",
  "constant_rate",
  "too_short",
  "not_tested",
  "room_entered",
  "moved_on",
  "finished_early",
  "adapter_away",
  "head_away",
] as const;
export type LightReason = (typeof LIGHT_REASONS)[number] | "other";

function lightReason(verdict: LightSummary["verdict"], code: string | null): LightReason | null {
  if (verdict !== "not_assessable") return null;
  return LIGHT_REASONS.find((reason) => reason === code) ?? "other";
}

/** The light test that asks most of a person, the smallest p of that kind, what was not tested last; null when no lamp was played. */
export function lightOf({ readings }: Transmitter): LightSummary | null {
  const tests = readings.flatMap((reading) => {
    const stimulus = reading.wifi?.stimulus ?? null;
    if (stimulus === null) return [];
    const { verdict, p_value: p } = stimulus;
    const reason = lightReason(verdict, stimulus.reason ?? null);
    return [
      {
        verdict,
        p,
        isWalk: stimulus.kind === "motion",
        afterS: stimulus.decided_after_s ?? null,
        smallestShare: stimulus.smallest_light_share ?? null,
        reading,
        reason,
      },
    ];
  });
  for (const verdict of ["follows_light", "does_not", "not_assessable"] as const) {
    const same = tests.filter((test) => test.verdict === verdict).sort((one, other) => (one.p ?? 2) - (other.p ?? 2));
    if (same[0] !== undefined) return same[0];
  }
  return null;
}

/** Decibels between the strongest and the faintest place where it was heard; null with fewer than two places. */
export function spreadDb(transmitter: Transmitter): number | null {
  const levels = transmitter.readings.flatMap(({ medianDbm }) => (medianDbm === null ? [] : [medianDbm]));
  return levels.length < 2 ? null : Math.max(...levels) - Math.min(...levels);
}

/** The number of a Wi-Fi channel; null where the frequency is none. */
export function channelNumber(mhz: number): number | null {
  if (mhz === 2484) return 14;
  const base = mhz < 2500 ? 2407 : mhz < 5950 ? 5000 : 5950;
  const number = (mhz - base) / 5;
  return Number.isInteger(number) && number >= 1 && number <= 233 ? number : null;
}

function isFromAir(observation: Observation): observation is AirObservation {
  return observation.modality === "wifi" || observation.modality === "ble";
}

const idOf = (modality: AirModality, token: AddressToken) => `${modality}-${token.key_id}-${token.tag}`;

/** Observations of one method that share an address token, directly or through others. */
function grouped(observations: readonly AirObservation[]): AirObservation[][] {
  const groups: { ids: Set<string>; observations: AirObservation[] }[] = [];
  for (const observation of observations) {
    const ids = new Set(observation.addresses.map((token) => idOf(observation.modality, token)));
    const touched = groups.filter((group) => [...ids].some((id) => group.ids.has(id)));
    const merged = {
      ids: new Set([...touched.flatMap((group) => [...group.ids]), ...ids]),
      observations: [...touched.flatMap((group) => group.observations), observation],
    };
    for (const group of touched) groups.splice(groups.indexOf(group), 1);
    groups.push(merged);
  }
  return groups.map((group) => group.observations);
}

function describe(observations: readonly AirObservation[], report: SweepReport): Transmitter {
  const modality = observations[0]?.modality ?? "wifi";
  const tokens = new Map(
    observations.flatMap(({ addresses }) => addresses.map((token) => [idOf(modality, token), token] as const)),
  );
  const id = [...tokens.keys()].sort()[0] ?? modality;
  const wifi = observations.filter((observation) => observation.modality === "wifi");
  const ble = observations.filter((observation) => observation.modality === "ble");
  const readings = report.positions.map((position) => readingAt(position, observations, modality, report));
  const strongest = readings.reduce<Reading | null>(
    (best, reading) => (reading.medianDbm !== null && levelOf(reading) > levelOf(best) ? reading : best),
    null,
  );
  const citations = citationsOf(observations, report);
  return {
    id,
    modality,
    shortTag: (tokens.get(id)?.tag ?? "").slice(0, SHORT_TAG),
    addresses: [...tokens.values()],
    isRandomised: wifi.some((one) => one.is_randomised) || [...tokens.values()].every((one) => one.oui === null),
    wifi,
    ble,
    readings,
    strongest,
    citations,
    reasons: reasonsOf(wifi, ble, citations),
  };
}

function readingAt(
  position: Position,
  observations: readonly AirObservation[],
  modality: AirModality,
  report: SweepReport,
): Reading {
  const here = observations.filter((observation) => observation.position_id === position.position_id);
  const loudest = here.reduce<AirObservation | null>(
    (best, one) =>
      best === null || (one.rssi_dbm?.median ?? -Infinity) > (best.rssi_dbm?.median ?? -Infinity) ? one : best,
    null,
  );
  const isCovered = report.coverage.some(
    (cover) => cover.zone_id === position.zone_id && cover.modality === modality && cover.status !== "not_looked",
  );
  return {
    position,
    zone: report.plan.zones.find((zone) => zone.zone_id === position.zone_id) ?? null,
    state: loudest !== null ? "heard" : isCovered ? "silent" : "not_looked",
    medianDbm: loudest?.rssi_dbm?.median ?? null,
    maxDbm: loudest?.rssi_dbm?.max ?? null,
    frames: here.reduce((sum, one) => sum + (one.modality === "wifi" ? one.frames : one.adverts), 0),
    wifi: loudest?.modality === "wifi" ? loudest : null,
  };
}

function citationsOf(observations: readonly AirObservation[], report: SweepReport): Citation[] {
  const ids = new Set(observations.map((observation) => observation.observation_id));
  const cites = (evidence: readonly Evidence[]) =>
    evidence.some(({ observation_id }) => observation_id !== null && ids.has(observation_id));
  return report.findings.flatMap((finding, index) => {
    const isFor = cites(finding.evidence_for);
    return isFor || cites(finding.evidence_against) ? [{ finding, number: index + 1, isFor }] : [];
  });
}

function reasonsOf(
  wifi: readonly WifiObservation[],
  ble: readonly BleObservation[],
  citations: readonly Citation[],
): Reason[] {
  const reasons: Reason[] = [];
  if (citations.some((citation) => citation.isFor)) reasons.push("cited");
  if (wifi.some((one) => one.video.verdict === "video_uplink")) reasons.push("video_uplink");
  if (wifi.some((one) => one.stimulus?.verdict === "follows_light")) reasons.push("follows_light");
  if (!reasons.includes("video_uplink") && wifi.some(({ video }) => isOpen(video))) reasons.push("open");
  if (ble.some((one) => one.kind === "camera_hint")) reasons.push("camera_hint");
  return reasons;
}

const RANKS: Readonly<Record<Reason, number>> = {
  cited: 0,
  video_uplink: 1,
  follows_light: 1,
  open: 2,
  camera_hint: 2,
};

function rank(transmitter: Transmitter): number {
  return Math.min(3, ...transmitter.reasons.map((reason) => RANKS[reason]));
}

function levelOf(reading: Reading | null): number {
  return reading?.medianDbm ?? -Infinity;
}
