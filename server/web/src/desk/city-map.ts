/**
 * The city on Leaflet's canvas: outlines of districts and facilities as points, drawn together where they lie close.
 * Input are degrees (WGS 84); output is a map without tiles: nothing is asked of anybody outside.
 */
import L from "leaflet";
import "leaflet/dist/leaflet.css";
import type { CityMap } from "../api/types";
import { CountedDot } from "./counted-dot";
import { say } from "./say.svelte";

export type MapPlace = CityMap["places"][number];
export type PlaceState = "found" | "case" | "overdue" | "plain";

const CELL_PX = 34; // guessed: a finger's width
const NAMES_UP_TO = 40; // guessed: more outlines than fit with their names on a page
const RADIUS: Readonly<Record<PlaceState, number>> = { found: 9, case: 8, overdue: 7, plain: 5 };
const GRAVITY: readonly PlaceState[] = ["found", "case", "overdue", "plain"];

/** The district of who looks at the map; outlines have its Korean name and not its id. */
export interface OwnDistrict {
  readonly id: string;
  readonly nameKo: string | undefined;
}

export interface Colours {
  readonly found: string;
  readonly case: string;
  readonly overdue: string;
  readonly plain: string;
  readonly line: string;
  readonly fill: string;
  readonly ring: string;
}

/** Colours of the theme as they are now: a canvas knows no variables of style sheets. */
export function coloursOf(element: HTMLElement): Colours {
  const probe = document.createElement("span");
  element.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    found: read("--danger-solid"),
    case: read("--candidate-fill"),
    overdue: read("--unproven-fill"),
    plain: read("--clear"),
    line: read("--line-strong"),
    fill: read("--surface-2"),
    ring: read("--surface"),
  };
  probe.remove();
  return colours;
}

export function stateOf(place: MapPlace, overdue: ReadonlySet<string>): PlaceState {
  if (place.is_found) return "found";
  if (place.open_cases > 0) return "case";
  return overdue.has(place.facility_id) ? "overdue" : "plain";
}

export function makeMap(element: HTMLElement): L.Map {
  const map = L.map(element, {
    zoomControl: false,
    preferCanvas: true,
    attributionControl: false,
    zoomSnap: 0.25,
    minZoom: 6,
    maxZoom: 19,
    keyboard: true,
  });
  L.control.zoom({ zoomInTitle: say("map_zoom_in"), zoomOutTitle: say("map_zoom_out") }).addTo(map);
  return map;
}

/** Draw the outlines and show the city, or one's own district: its outline and places, all there is where it has none. */
export function drawOutlines(
  map: L.Map,
  city: CityMap,
  colours: Colours,
  own: OwnDistrict | null,
  name: (outline: CityMap["outlines"][number]) => string,
): void {
  const everything = L.latLngBounds([]);
  const ofOwn = L.latLngBounds([]);
  map.createPane("names").style.zIndex = "390"; // under the points, which are what people look for

  for (const outline of city.outlines) {
    for (const polygon of outline.polygons) {
      const rings = polygon.map((ring) => ring.map(([lon = 0, lat = 0]) => L.latLng(lat, lon)));
      const shape = L.polygon(rings, {
        color: colours.line,
        weight: 1.5,
        fillColor: colours.fill,
        fillOpacity: 0.4,
        interactive: false,
      }).addTo(map);
      everything.extend(shape.getBounds());
      if (outline.name.ko === own?.nameKo) ofOwn.extend(shape.getBounds());
      if (city.outlines.length <= NAMES_UP_TO && polygon === outline.polygons[0]) {
        const label = L.divIcon({ className: "district-name", iconSize: undefined });
        const marker = L.marker(shape.getBounds().getCenter(), {
          icon: label,
          pane: "names",
          interactive: false,
          keyboard: false,
        });
        write(marker, name(outline));
        marker.addTo(map);
      }
    }
  }
  for (const place of city.places) {
    everything.extend([place.latitude_deg, place.longitude_deg]);
    if (place.district_id === own?.id) ofOwn.extend([place.latitude_deg, place.longitude_deg]);
  }
  const bounds = ofOwn.isValid() ? ofOwn : everything;
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [18, 18], animate: false });
  else map.setView([36.5, 127.8], 7, { animate: false });
}

interface Cluster {
  readonly places: MapPlace[];
  state: PlaceState;
}

/** Places in one cell of the screen together; the gravest of them gives the colour. */
export function cluster(map: L.Map, places: readonly MapPlace[], overdue: ReadonlySet<string>): readonly Cluster[] {
  const cells = new Map<string, Cluster>();
  const isClose = map.getZoom() >= map.getMaxZoom() - 2;
  for (const place of places) {
    const point = map.project([place.latitude_deg, place.longitude_deg]);
    const cell = isClose
      ? place.facility_id
      : `${String(Math.floor(point.x / CELL_PX))}/${String(Math.floor(point.y / CELL_PX))}`;
    const state = stateOf(place, overdue);
    const found = cells.get(cell);
    if (found === undefined) cells.set(cell, { places: [place], state });
    else {
      found.places.push(place);
      if (GRAVITY.indexOf(state) < GRAVITY.indexOf(found.state)) found.state = state;
    }
  }
  return [...cells.values()].sort((a, b) => GRAVITY.indexOf(b.state) - GRAVITY.indexOf(a.state));
}

export function drawPlaces(
  map: L.Map,
  layer: L.LayerGroup,
  clusters: readonly Cluster[],
  colours: Colours,
  onplace: (place: MapPlace) => void,
): void {
  layer.clearLayers();
  for (const one of clusters) {
    const [first] = one.places;
    if (first === undefined) continue;
    const many = one.places.length > 1;
    const lat = one.places.reduce((sum, place) => sum + place.latitude_deg, 0) / one.places.length;
    const lon = one.places.reduce((sum, place) => sum + place.longitude_deg, 0) / one.places.length;
    const look = {
      radius: many ? Math.min(18, 9 + 2 * Math.log2(one.places.length)) : RADIUS[one.state],
      color: colours.ring,
      weight: 2,
      fillColor: colours[one.state],
      fillOpacity: 0.95,
    };
    const dot = many ? new CountedDot([lat, lon], look, one.places.length) : L.circleMarker([lat, lon], look);
    dot.on("click", () => {
      if (!many) onplace(first);
      else map.setView([lat, lon], Math.min(map.getMaxZoom(), map.getZoom() + 2));
    });
    layer.addLayer(dot);
  }
}

/** Words on a marker, as text, once it stands on the map. */
function write(marker: L.Marker, words: string): void {
  marker.once("add", () => {
    const element = marker.getElement();
    if (element) element.textContent = words;
  });
}
