/**
 * The city on Leaflet's canvas: its map, its colours and the outlines of its districts; the places are in `dots.ts`.
 * Input are degrees (WGS 84); output is a map without tiles: nothing is asked of anybody outside.
 */
import L from "leaflet";
import "leaflet/dist/leaflet.css";
import type { CityMap } from "../api/types";
import { t } from "../i18n/translate.svelte";
import type { PlaceState } from "./place-state";

export type MapPlace = CityMap["places"][number];

const AIR_PX = 18; // guessed: half a dot and its ring
const ZOOM_PX = { width: 84, height: 132 } as const; // derived: the buttons with their distance, and half a dot
const NAMES_UP_TO = 40; // guessed: more outlines than fit with their names on a page

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
  readonly ink: string;
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
    ink: read("--ink"),
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
  L.control.zoom({ zoomInTitle: t("map_zoom_in"), zoomOutTitle: t("map_zoom_out") }).addTo(map);
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
  // Nothing lies under the zoom's buttons, which stand in the upper left corner.
  const { x: width, y: height } = map.getSize();
  const paddingTopLeft: L.PointTuple = width < height ? [AIR_PX, ZOOM_PX.height] : [ZOOM_PX.width, AIR_PX];
  if (bounds.isValid()) map.fitBounds(bounds, { paddingTopLeft, paddingBottomRight: [AIR_PX, AIR_PX], animate: false });
  else map.setView([36.5, 127.8], 7, { animate: false });
}

/** Words on a marker, as text, once it stands on the map. */
function write(marker: L.Marker, words: string): void {
  marker.once("add", () => {
    const element = marker.getElement();
    if (element) element.textContent = words;
  });
}
