/**
 * The room's plan as Leaflet layers in metres: zones, positions and findings, with patterns beside colours.
 *
 * Plan coordinates have their origin in the upper left corner and y downwards; Leaflet's flat system counts upwards, so
 * y is negated here and nowhere else.  Text reaches the map as text nodes only.
 */
import L from "leaflet";
import "leaflet/dist/leaflet.css";
import type { Finding, FindingState, Plan, SweepReport, TransmitterPlace, Zone } from "../api/types";
import { percent } from "../i18n/format";
import { ICONS, type IconName } from "../parts/icons";
import { fixtureLines } from "./fixtures";
import { areaWithin, outsideSides, stripOf, type Extent } from "./placing";
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

/** Pale hatching for what could not be judged, dashed for what nobody looked at: colour never speaks alone. */
export function addPatterns(svg: SVGElement, prefix: string): void {
  const defs = svgElement("defs", {});
  for (const state of PATTERNED) {
    const pattern = svgElement("pattern", {
      id: `${prefix}-${state}`,
      width: "8",
      height: "8",
      patternUnits: "userSpaceOnUse",
      patternTransform: "rotate(45)",
    });
    pattern.append(svgElement("line", { x1: "0", y1: "0", x2: "0", y2: "8", class: `pattern pattern-${state}` }));
    defs.append(pattern);
  }
  svg.prepend(defs);
}

/** The room's own wall and the partitions, each as two lines with white between that flow into each other. */
export function drawWalls(plan: Plan): L.Layer {
  const room = `M0 0H${String(plan.width_m)}V${String(plan.depth_m)}H0Z`;
  const partitions = plan.zones
    .filter(({ kind }) => kind === "stall" || kind === "booth")
    .map(
      (zone) =>
        `M${cornersOf(zone)
          .map((corner) => corner.join(" "))
          .join("L")}Z`,
    )
    .join("");
  return overlay(plan, "map-walls", "fixtures", [
    { d: partitions, className: "wall-edge" },
    { d: room, className: "wall-edge outer" },
    { d: partitions, className: "wall-core" },
    { d: room, className: "wall-core outer" },
  ]);
}

/** Of the others nothing is said on the plan but by its white, its hatching and the legend. */
const SIGNED: ReadonlySet<string> = new Set(["clear", "to_inspect", "find"]);
const PATTERNED: ReadonlySet<string> = new Set(["not_assessable", "not_looked"]);

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
  const hatched = layer === "verdict" || look === "untold" ? look : chanceStep(shade) === 0 ? "not_assessable" : "";
  if (!PATTERNED.has(hatched)) return [area];
  const pattern = L.polygon(corners, {
    stroke: false,
    fillColor: `url(#${prefix}-${hatched})`,
    fillOpacity: 1,
    interactive: false,
  });
  return [area, pattern];
}

/** Doors, toilets and basins over the walls, below everything that can be touched. */
export function drawFixtures(plan: Plan): L.Layer {
  return overlay(plan, "map-fixtures", "fixtures", fixtureLines(plan));
}

function overlay(
  plan: Plan,
  className: string,
  pane: string,
  lines: readonly { readonly d: string; readonly className: string }[],
): L.Layer {
  const svg = svgElement("svg", {
    viewBox: `0 0 ${String(plan.width_m)} ${String(plan.depth_m)}`,
    "aria-hidden": "true",
    class: className,
  });
  for (const { className: name, d } of lines) svg.append(svgElement("path", { d, class: name }));
  const corners = L.latLngBounds(at(0, plan.depth_m) as L.LatLngTuple, at(plan.width_m, 0) as L.LatLngTuple);
  return L.svgOverlay(svg as SVGSVGElement, corners, { pane, interactive: false });
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
  const look = lookOf(shade);
  if (layer === "verdict" && SIGNED.has(look)) title.append(iconElement(STATE_ICON[look], 14));
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

/** Where it may be: soft, and cut off at the zone's walls. */
export function findingArea(zone: Zone, circle: Pick<Finding, "x_m" | "y_m" | "radius_m">, isPlace: boolean): L.Layer {
  return L.polygon(
    areaWithin(zone, circle).map(([x, y]) => at(x, y)),
    { className: isPlace ? "map-finding-area" : "map-finding-area alone", interactive: false },
  );
}

/** From where a thing is to where its pin stands, when that stands beside others. */
export function pinLine(xM: number, yM: number, toXM: number, toYM: number): L.Layer {
  return L.polyline([at(xM, yM), at(toXM, toYM)], { className: "map-pin-line", interactive: false });
}

/** A finding's number, as a disc only at a place; once a person has decided, with the word of the decision beside it. */
export function findingPin(
  number: number,
  isPlace: boolean,
  decided: { readonly state: FindingState; readonly word: string } | null,
): HTMLElement {
  const pin = document.createElement("span");
  pin.className = isPlace || decided !== null ? "map-pin" : "map-area-number";
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
