/**
 * Places as points on Leaflet's canvas, those that lie close together as one with their number.
 *
 * All of them are one layer of the map: a layer for each, made anew at every step of the zoom, holds a phone with 5,000 places
 * still for a third of a second.  A dot is painted once, with its number, and copied wherever it stands.
 */
import L from "leaflet";
import { GRAVITY, type Colours, type MapPlace, type PlaceState } from "./city-map";

/** What Leaflet's canvas asks of a path, and gives to it; its types leave that out. */
interface Canvas {
  readonly _ctx: CanvasRenderingContext2D;
  readonly _drawing: boolean;
  readonly _bounds: L.Bounds;
}

interface Placed {
  readonly place: MapPlace;
  readonly state: PlaceState;
  /** In pixels of the whole world at zoom 0. */
  readonly at: L.Point;
}

interface Dot {
  readonly first: MapPlace;
  count: number;
  state: PlaceState;
  /** Sums, until all are gathered; then the middle, in pixels of the map's layer. */
  x: number;
  y: number;
}

const CELL_PX = 34; // guessed: a finger's width
const FONT = "700 14px system-ui, sans-serif"; // the smallest text of the page
const RADIUS: Readonly<Record<PlaceState, number>> = { found: 9, case: 8, overdue: 7, plain: 5 };
const RING_PX = 2;
const MOST_PX = 18 + RING_PX; // the radius of the largest

const radiusOf = ({ count, state }: Dot): number =>
  count > 1 ? Math.min(MOST_PX - RING_PX, 9 + 2 * Math.log2(count)) : RADIUS[state];

export class Dots extends L.Path {
  declare protected readonly _map: L.Map;
  declare readonly _renderer: Canvas;
  /** What is drawn, in pixels of the map's layer; undefined with nothing to draw. */
  _pxBounds: L.Bounds | undefined;
  readonly #colours: Colours;
  readonly #painted = new Map<string, HTMLCanvasElement>();
  #places: readonly Placed[] = [];
  #dots: readonly Dot[] = [];

  constructor(colours: Colours, onplace: (place: MapPlace) => void) {
    super();
    this.#colours = colours;
    this.on("click", ({ layerPoint }: L.LeafletMouseEvent) => {
      const map = this._map;
      const dot = this.#dotAt(layerPoint);
      if (dot === undefined) return;
      if (dot.count === 1) onplace(dot.first);
      else map.setView(map.layerPointToLatLng([dot.x, dot.y]), Math.min(map.getMaxZoom(), map.getZoom() + 2));
    });
  }

  /** Show these from now on; on a map only. */
  show(map: L.Map, places: readonly MapPlace[], stateOf: (place: MapPlace) => PlaceState): void {
    this.#places = places.map((place) => ({
      place,
      state: stateOf(place),
      at: map.project([place.latitude_deg, place.longitude_deg], 0),
    }));
    this.redraw();
  }

  /** Leaflet: the zoom is another one. */
  _project(): void {
    const map = this._map;
    const scale = map.getZoomScale(map.getZoom(), 0);
    const origin = map.getPixelOrigin();
    const isClose = map.getZoom() >= map.getMaxZoom() - 2;
    const cells = new Map<string | number, Dot>();
    for (const { place, state, at } of this.#places) {
      const [x, y] = [at.x * scale, at.y * scale];
      // One number for a cell: at the last zoom that gathers, the world is 2^20 cells wide.
      const cell = isClose ? place.facility_id : Math.floor(x / CELL_PX) * 2 ** 21 + Math.floor(y / CELL_PX);
      const dot = cells.get(cell);
      if (dot === undefined) cells.set(cell, { first: place, count: 1, state, x, y });
      else {
        dot.count += 1;
        dot.x += x;
        dot.y += y;
        if (GRAVITY.indexOf(state) < GRAVITY.indexOf(dot.state)) dot.state = state;
      }
    }
    this.#dots = [...cells.values()].sort((a, b) => GRAVITY.indexOf(b.state) - GRAVITY.indexOf(a.state));
    const drawn = L.bounds([]);
    for (const dot of this.#dots) {
      dot.x = dot.x / dot.count - origin.x;
      dot.y = dot.y / dot.count - origin.y;
      drawn.extend([dot.x - MOST_PX, dot.y - MOST_PX]).extend([dot.x + MOST_PX, dot.y + MOST_PX]);
    }
    this._pxBounds = this.#dots.length === 0 ? undefined : drawn;
  }

  /** Leaflet: another part of the map is in sight. */
  _update(): void {
    // There is nothing to cut: each dot is drawn whole, or not.
  }

  /** Leaflet: draw. */
  _updatePath(): void {
    const { _ctx: on, _drawing: isDrawing, _bounds: seen } = this._renderer;
    if (!isDrawing || seen.min === undefined || seen.max === undefined) return;
    const density = L.Browser.retina ? 2 : 1;
    on.globalAlpha = 1;
    for (const dot of this.#dots) {
      if (dot.x < seen.min.x - MOST_PX || dot.x > seen.max.x + MOST_PX) continue;
      if (dot.y < seen.min.y - MOST_PX || dot.y > seen.max.y + MOST_PX) continue;
      const [x, y] = [dot.x - MOST_PX, dot.y - MOST_PX].map((one) => Math.round(one * density) / density);
      on.drawImage(this.#paint(dot, density), x ?? 0, y ?? 0, 2 * MOST_PX, 2 * MOST_PX);
    }
  }

  /** Leaflet: is there something to press? */
  _containsPoint(point: L.Point): boolean {
    return this.#dotAt(point) !== undefined;
  }

  #dotAt({ x, y }: L.Point): Dot | undefined {
    const under = this.#dots.filter((dot) => Math.hypot(dot.x - x, dot.y - y) <= radiusOf(dot) + RING_PX / 2);
    return under.at(-1); // the one that lies on top
  }

  #paint(dot: Dot, density: number): HTMLCanvasElement {
    const name = `${dot.state} ${String(dot.count)}`;
    const known = this.#painted.get(name);
    if (known !== undefined) return known;
    const made = document.createElement("canvas");
    made.width = made.height = 2 * MOST_PX * density;
    this.#painted.set(name, made);
    const on = made.getContext("2d");
    if (on === null) return made;
    on.scale(density, density);
    on.translate(MOST_PX, MOST_PX);
    on.beginPath();
    on.arc(0, 0, radiusOf(dot), 0, 2 * Math.PI);
    on.globalAlpha = 0.95;
    on.fillStyle = this.#colours[dot.state];
    on.fill();
    on.globalAlpha = 1;
    on.lineWidth = RING_PX;
    on.strokeStyle = this.#colours.ring;
    on.stroke();
    if (dot.count === 1) return made;
    on.font = FONT;
    on.textAlign = "center";
    on.textBaseline = "middle";
    on.lineJoin = "round";
    on.lineWidth = 3;
    on.strokeStyle = "#000";
    on.fillStyle = "#fff";
    on.strokeText(String(dot.count), 0, 0);
    on.fillText(String(dot.count), 0, 0);
    return made;
  }
}
