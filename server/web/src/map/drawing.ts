/**
 * The room's plan as Leaflet layers in metres: zones, positions and findings, with patterns beside colours.
 *
 * Plan coordinates have their origin in the upper left corner and y downwards; Leaflet's flat system counts upwards, so
 * y is negated here and nowhere else.  Text reaches the map as text nodes only.
 */
import L from "leaflet";
import "leaflet/dist/leaflet.css";
import type { Finding, FindingState, Plan, SweepReport, TransmitterPlace } from "../api/types";
import { percent } from "../i18n/format";
import { ICONS, type IconName } from "../parts/icons";
import { fixtureLines } from "./fixtures";
import { outsideSides, stripOf, type Extent } from "./placing";
import {
  chanceStep,
  cornersOf,
  shareStep,
  STATE_ICON,
  type MapLayer,
  type ShownState,
  type ZoneShade,
} from "./shading";

const SVG = "http://www.w3.org/2000/svg";

export const at = (xM: number, yM: number): L.LatLngExpression => [-yM, xM];

export function boundsOf(extent: Extent): L.LatLngBounds {
  return L.latLngBounds(at(extent.left, extent.bottom) as L.LatLngTuple, at(extent.right, extent.top) as L.LatLngTuple);
}

/** Hatching for what could not be judged, dots for what needs eyes, level lines for nothing detected by an unproven probe:
 * colour never speaks alone. */
export function addPatterns(svg: SVGElement, prefix: string): void {
  const defs = svgElement("defs", {});
  const hatch = svgElement("pattern", {
    id: `${prefix}-not_assessable`,
    width: "9",
    height: "9",
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  });
  hatch.append(svgElement("line", { x1: "0", y1: "0", x2: "0", y2: "9", class: "pattern-not_assessable" }));
  const dots = svgElement("pattern", {
    id: `${prefix}-to_inspect`,
    width: "10",
    height: "10",
    patternUnits: "userSpaceOnUse",
  });
  dots.append(svgElement("circle", { cx: "3", cy: "3", r: "1.6", class: "pattern-to_inspect" }));
  const lines = svgElement("pattern", {
    id: `${prefix}-nothing_detected`,
    width: "12",
    height: "12",
    patternUnits: "userSpaceOnUse",
  });
  lines.append(svgElement("line", { x1: "0", y1: "6", x2: "12", y2: "6", class: "pattern-nothing_detected" }));
  defs.append(hatch, dots, lines);
  svg.prepend(defs);
}

export function drawWalls(plan: Plan): L.Layer {
  return L.rectangle(L.latLngBounds(at(0, plan.depth_m) as L.LatLngTuple, at(plan.width_m, 0) as L.LatLngTuple), {
    className: "map-walls",
    interactive: false,
  });
}

const PATTERNED: ReadonlySet<string> = new Set(["to_inspect", "nothing_detected", "not_assessable"]);

/** A find of persons outweighs what the equipment says, on the picture only. */
function lookOf(shade: ZoneShade): ShownState | "find" {
  return shade.find === null ? shade.state : "find";
}

/** A zone in the colour of its verdict, or as dark as a target would have been found: one of them, so that neither reads as the other. */
export function drawZone(
  shade: ZoneShade,
  layer: MapLayer,
  prefix: string,
  isActive: boolean,
  onchoose: () => void,
): L.Path[] {
  const corners = cornersOf(shade.zone).map(([x, y]) => at(x, y));
  const look = lookOf(shade);
  const shown =
    layer === "verdict" || look === "untold" ? `map-${look}` : `map-covered map-q${String(chanceStep(shade))}`;
  const area = L.polygon(corners, { className: `map-zone ${shown}${isActive ? " map-active" : ""}` });
  area.on("click", onchoose);
  if (layer === "coverage" || !PATTERNED.has(look)) return [area];
  const pattern = L.polygon(corners, {
    stroke: false,
    fillColor: `url(#${prefix}-${look})`,
    fillOpacity: 1,
    interactive: false,
  });
  return [area, pattern];
}

/** Doors, toilets and basins over the zones' colours, below everything that can be touched. */
export function drawFixtures(plan: Plan): L.Layer {
  const svg = svgElement("svg", {
    viewBox: `0 0 ${String(plan.width_m)} ${String(plan.depth_m)}`,
    "aria-hidden": "true",
    class: "map-fixtures",
  });
  for (const { className, d } of fixtureLines(plan)) svg.append(svgElement("path", { d, class: className }));
  const corners = L.latLngBounds(at(0, plan.depth_m) as L.LatLngTuple, at(plan.width_m, 0) as L.LatLngTuple);
  return L.svgOverlay(svg as SVGSVGElement, corners, { pane: "fixtures", interactive: false });
}

/** What a zone's label says: its name, then the verdict or what would have been found, in words. */
export interface LabelWords {
  readonly name: string;
  readonly lines: readonly string[];
  /** The same whole, for a screen reader. */
  readonly spoken: string;
}

export function zoneLabel({ name, lines, spoken }: LabelWords, shade: ZoneShade, layer: MapLayer): HTMLElement {
  const label = document.createElement("span");
  label.className = layer === "verdict" ? `map-label map-label-${lookOf(shade)}` : "map-label";
  const title = document.createElement("span");
  title.className = "map-label-name";
  if (layer === "verdict" && lookOf(shade) !== "untold") title.append(iconElement(STATE_ICON[lookOf(shade)], 14));
  title.append(document.createTextNode(name));
  const hidden = document.createElement("span");
  hidden.className = "visually-hidden";
  hidden.textContent = ` ${spoken}`;
  label.append(title, hidden);
  for (const line of lines) {
    const detail = document.createElement("span");
    detail.className = "map-label-detail";
    detail.setAttribute("aria-hidden", "true");
    detail.textContent = line;
    label.append(detail);
  }
  return label;
}

export function drawPosition(position: SweepReport["positions"][number]): L.Layer {
  const svg = svgElement("svg", { viewBox: "-12 -12 24 24", width: "24", height: "24", "aria-hidden": "true" });
  const turned = svgElement("g", { transform: `rotate(${String(position.facing_deg)})` });
  turned.append(
    svgElement("path", { d: "M0 0L11 -5.5A12.3 12.3 0 0 1 11 5.5Z", class: "position-view" }),
    svgElement("circle", { r: "3.6", class: "position-dot" }),
  );
  svg.append(turned);
  return L.marker(at(position.x_m, position.y_m), {
    icon: L.divIcon({ html: svg as unknown as HTMLElement, className: "map-position", iconSize: [24, 24] }),
    interactive: false,
    keyboard: false,
    zIndexOffset: -1000,
  });
}

/** Where a transmitter probably is: the region inside, the strips behind the walls with their share, the next position. */
export function drawPlace(place: TransmitterPlace, plan: Plan): L.Layer[] {
  const layers: L.Layer[] = place.region.map(([left = 0, top = 0, right = 0, bottom = 0]) =>
    L.rectangle(boundsOf({ left, top, right, bottom }), {
      className: `map-place map-place-${place.decision}`,
      interactive: false,
    }),
  );
  for (const { side, share } of outsideSides(place)) {
    const strip = stripOf(plan, side);
    const middle = at((strip.left + strip.right) / 2, (strip.top + strip.bottom) / 2);
    const word = document.createElement("span");
    word.textContent = percent(share);
    layers.push(
      L.rectangle(boundsOf(strip), {
        className: `map-outside map-q${String(shareStep(share))}`,
        interactive: false,
      }),
      L.marker(middle, {
        icon: L.divIcon({ html: word, className: "map-outside-share", iconSize: [44, 22] }),
        interactive: false,
        keyboard: false,
      }),
    );
  }
  if (place.next_stand !== null) {
    const icon = document.createElement("span");
    icon.append(iconElement("person", 20));
    layers.push(
      L.marker(at(place.next_stand.x_m, place.next_stand.y_m), {
        icon: L.divIcon({ html: icon, className: "map-next-position", iconSize: [36, 36] }),
        interactive: false,
        keyboard: false,
        zIndexOffset: 500,
      }),
    );
  }
  return layers;
}

export function findingCircle(finding: Finding): L.Layer {
  return L.circle(at(finding.x_m, finding.y_m), {
    radius: finding.radius_m,
    className: "map-finding-circle",
    interactive: false,
  });
}

/** A finding's number; once a person has decided, with the word of the decision beside it. */
export function findingPin(
  number: number,
  isStrong: boolean,
  decided: { readonly state: FindingState; readonly word: string } | null,
): HTMLElement {
  const pin = document.createElement("span");
  pin.className = isStrong ? "map-pin map-pin-strong" : "map-pin";
  pin.textContent = String(number);
  if (decided !== null) {
    pin.className = `map-pin map-pin-decided map-pin-${decided.state}`;
    const word = document.createElement("span");
    word.textContent = decided.word;
    pin.append(document.createTextNode(" "), word);
  }
  return pin;
}

/** A marker that is a button for pointer, keyboard and screen reader alike. */
export function buttonMarker(
  place: L.LatLngExpression,
  html: HTMLElement,
  options: {
    className: string;
    size: L.PointExpression;
    anchor: L.PointExpression;
    label?: string;
    place: string;
    zIndex: number;
  },
  onchoose: () => void,
): L.Marker {
  const marker = L.marker(place, {
    icon: L.divIcon({ html, className: options.className, iconSize: options.size, iconAnchor: options.anchor }),
    zIndexOffset: options.zIndex,
    riseOnHover: true,
  });
  marker.on("click", onchoose);
  marker.on("add", () => {
    const element = marker.getElement();
    if (element === undefined) return;
    element.dataset["place"] = options.place;
    if (options.label !== undefined) element.setAttribute("aria-label", options.label);
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      onchoose();
    });
  });
  return marker;
}

function iconElement(name: IconName, size: number): SVGElement {
  const svg = svgElement("svg", {
    viewBox: "0 0 24 24",
    width: String(size),
    height: String(size),
    class: "map-icon",
    "aria-hidden": "true",
  });
  svg.append(svgElement("path", { d: ICONS[name] }));
  return svg;
}

function svgElement(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
