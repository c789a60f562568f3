/** The pins of findings on a plan: each at its place on its wall, or in the middle of an area. */
import type L from "leaflet";
import type { Finding, FindingPlace, FindingState, Plan, WallSpot } from "../api/types";
import { word } from "../i18n/glossary";
import { local, t } from "../i18n/translate.svelte";
import { at, buttonMarker, findingPin } from "./drawing";
import { inwardOf, spread, type Extent } from "./placing";

export interface Marked {
  readonly finding: Finding;
  readonly x_m: number;
  readonly y_m: number;
  readonly radius_m: number;
  readonly spot: WallSpot | null;
}

export const TO_WALL_PX = 20; // derived: half a pin and half a wall's line
const HIT_PX = 48;
const DECIDED_PX = 150; // a pin with the longest word of the glossary beside its number

/** `places`: where on the walls they are, as far as that is known. */
export function markedOf(findings: readonly Finding[], places: readonly FindingPlace[]): Marked[] {
  return findings.map((finding) => {
    const found = places.find(({ finding_id }) => finding_id === finding.finding_id);
    const [x_m, y_m] = [found?.x_m ?? finding.x_m, found?.y_m ?? finding.y_m];
    return { finding, x_m, y_m, radius_m: finding.radius_m, spot: found?.spot ?? null };
  });
}

/** On a wall it touches it from inside, so that neither is hidden. */
export function inwardsOf({ finding, spot }: Marked, plan: Plan): [number, number] {
  const zone = plan.zones.find(({ zone_id }) => zone_id === finding.zone_id);
  return spot === null || zone === undefined ? [0, 0] : inwardOf(zone, spot.corner);
}

/** What a finger hits of a pin, in pixels from its place on the plan: from its left end and its upper one. */
function hitOf(
  one: Marked,
  plan: Plan,
  isDecided: boolean,
): { left: number; top: number; width: number; side: string } {
  const [inX, inY] = inwardsOf(one, plan);
  // Its word leads into the plan: at the side of the frame half of it would be cut off.
  const side =
    isDecided && one.x_m < plan.width_m / 4 ? "left" : isDecided && one.x_m > 0.75 * plan.width_m ? "right" : "";
  const half = side === "left" ? 24 : side === "right" ? DECIDED_PX - 24 : isDecided ? DECIDED_PX / 2 : 24;
  return { left: TO_WALL_PX * inX - half, top: TO_WALL_PX * inY - 24, width: isDecided ? DECIDED_PX : HIT_PX, side };
}

/** By how many pixels each pin stands beside its place, so that a finger hits every one; 0 where they are far apart. */
export function shiftsOf(
  marked: readonly Marked[],
  plan: Plan,
  isDecided: (one: Marked) => boolean,
  scale: number,
  frame: Extent,
): { x: number; y: number }[] {
  const boxes = marked.map((one) => {
    const { left, top, width } = hitOf(one, plan, isDecided(one));
    const [x, y] = [one.x_m * scale + left, one.y_m * scale + top];
    return { left: x, top: y, right: x + width, bottom: y + HIT_PX };
  });
  const within = {
    left: frame.left * scale, top: frame.top * scale, right: frame.right * scale, bottom: frame.bottom * scale,
  }; // prettier-ignore
  return spread(boxes, within).map((box, index) => ({
    x: box.left - (boxes[index]?.left ?? 0),
    y: box.top - (boxes[index]?.top ?? 0),
  }));
}

export function pinOf(
  one: Marked,
  index: number,
  plan: Plan,
  state: FindingState,
  shift: { readonly x: number; readonly y: number },
  onpress: () => void,
): L.Layer {
  const { finding, x_m, y_m, spot } = one;
  const isDecided = state !== "to_inspect";
  const zone = plan.zones.find((candidate) => candidate.zone_id === finding.zone_id);
  const zoneName = zone ? local(zone.name) : finding.zone_id;
  const { left, top, width, side } = hitOf(one, plan, isDecided);
  return buttonMarker(
    at(x_m, y_m),
    findingPin(index + 1, spot !== null, isDecided ? { state, word: word("finding", state) } : null),
    {
      className: `map-pin-hit ${side}`,
      size: [width, HIT_PX],
      anchor: [-left - shift.x, -top - shift.y],
      label: isDecided
        ? t("map_finding_decided", { n: index + 1, zone: zoneName, word: word("finding", state) })
        : t("map_finding_button", { n: index + 1, zone: zoneName }),
      place: finding.finding_id,
      zIndex: 1000,
    },
    onpress,
  );
}
