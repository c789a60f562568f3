/**
 * Places as points on Leaflet's canvas, those that lie close together as one with their number.
 *
 * All of them are one layer of the map: a layer for each, made anew at every step of the zoom, holds a phone with 5,000 places
 * still for a third of a second.  A dot is painted once, with its number, and copied wherever it stands.
 */
import L from "leaflet";
import type { Colours, MapPlace } from "./city-map";
import { gather, named, type Dot as DotOf, type Point } from "./clusters";
import type { PlaceState } from "./place-state";

type Dot = DotOf<MapPlace>;

/** What Leaflet's canvas asks of a path, and gives to it; its types leave that out. */
interface Canvas {
  readonly _ctx: CanvasRenderingContext2D;
  readonly _drawing: boolean;
  readonly _bounds: L.Bounds;
}

const CELL_PX = 34; // guessed: a finger's width
const FINGER_PX = 24; // derived: half of what a finger is to hit
const FONT = "700 14px system-ui, sans-serif"; // the smallest text of the page
const RADIUS: Readonly<Record<PlaceState, number>> = { found: 9, case: 8, overdue: 7, plain: 5 };
const MOST_NAMES = 24; // guessed: more is a page of text
const MOST_SEEN = 400; // guessed: their names are compared with each of them
const NAME_FONT = "600 14px system-ui, sans-serif";
const NAME_PX = 20;
const NAME_MOST_PX = 300; // guessed: a longer name is cut
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
  readonly #name: (place: MapPlace) => string;
  readonly #widths = new Map<string, number>();
  /** In pixels of the whole world at zoom 0. */
  #points: readonly Point<MapPlace>[] = [];
  #dots: readonly Dot[] = [];

  constructor(colours: Colours, name: (place: MapPlace) => string, onplaces: (places: readonly MapPlace[]) => void) {
    super();
    this.#colours = colours;
    this.#name = name;
    this.on("click", ({ layerPoint }: L.LeafletMouseEvent) => {
      const map = this._map;
      const dot = this.#dotAt(layerPoint);
      if (dot === undefined) return;
      // Single places whose discs lie on each other or under one finger: all of them are told, the pressed one first.
      const beside = this.#dots.filter(
        (other) =>
          other !== dot &&
          (Math.hypot(other.x - dot.x, other.y - dot.y) < radiusOf(other) + radiusOf(dot) ||
            Math.hypot(other.x - layerPoint.x, other.y - layerPoint.y) <= FINGER_PX),
      );
      if (dot.count === 1 && beside.every(({ count }) => count === 1))
        onplaces([dot, ...beside.reverse()].map(({ first }) => first));
      else map.setView(map.layerPointToLatLng([dot.x, dot.y]), Math.min(map.getMaxZoom(), map.getZoom() + 2));
    });
  }

  /** Show these from now on; on a map only. */
  show(map: L.Map, places: readonly MapPlace[], stateOf: (place: MapPlace) => PlaceState): void {
    this.#points = places.map((place) => {
      const { x, y } = map.project([place.latitude_deg, place.longitude_deg], 0);
      return { place, state: stateOf(place), x, y };
    });
    this.redraw();
  }

  /** Leaflet: the zoom is another one. */
  _project(): void {
    const map = this._map;
    const scale = map.getZoomScale(map.getZoom(), 0);
    const origin = map.getPixelOrigin();
    const isClose = map.getZoom() >= map.getMaxZoom() - 2;
    const drawn = L.bounds([]);
    this.#dots = gather(this.#points, scale, isClose ? 0 : CELL_PX).map((dot) => {
      const [x, y] = [dot.x - origin.x, dot.y - origin.y];
      drawn.extend([x - MOST_PX, y - MOST_PX]).extend([x + MOST_PX + NAME_MOST_PX, y + MOST_PX]);
      return { ...dot, x, y };
    });
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
    const [seenFrom, seenTo] = [seen.min, seen.max];
    const density = L.Browser.retina ? 2 : 1;
    on.globalAlpha = 1;
    const inSight = this.#dots.filter(
      ({ x, y }) =>
        x >= seenFrom.x - MOST_PX && x <= seenTo.x + MOST_PX && y >= seenFrom.y - MOST_PX && y <= seenTo.y + MOST_PX,
    );
    for (const dot of inSight) {
      const [x, y] = [dot.x - MOST_PX, dot.y - MOST_PX].map((one) => Math.round(one * density) / density);
      on.drawImage(this.#paint(dot, density), x ?? 0, y ?? 0, 2 * MOST_PX, 2 * MOST_PX);
    }
    this.#writeNames(on, inSight);
  }

  /** Beside its dot stands the name of a single place, as far as there is room. */
  #writeNames(on: CanvasRenderingContext2D, dots: readonly Dot[]): void {
    if (dots.length > MOST_SEEN) return; // where dots lie everywhere there is no room for a name
    on.save();
    on.font = NAME_FONT;
    on.textBaseline = "middle";
    const box = (dot: Dot) => {
      const left = dot.x + radiusOf(dot) + 4;
      const words = this.#name(dot.first);
      const width = this.#widths.get(words) ?? Math.min(NAME_MOST_PX, on.measureText(words).width + 6);
      this.#widths.set(words, width);
      return { left, top: dot.y - NAME_PX / 2, right: left + width, bottom: dot.y + NAME_PX / 2 };
    };
    for (const dot of named(dots, MOST_NAMES, box, RADIUS.found)) {
      const { left, top, right } = box(dot);
      on.globalAlpha = 0.8;
      on.fillStyle = this.#colours.ring;
      on.fillRect(left, top, right - left, NAME_PX);
      on.globalAlpha = 1;
      on.fillStyle = this.#colours.ink;
      on.fillText(this.#name(dot.first), left + 3, dot.y, NAME_MOST_PX - 6);
    }
    on.restore();
  }

  /** Leaflet: is there something to press? */
  _containsPoint(point: L.Point): boolean {
    return this.#dotAt(point) !== undefined;
  }

  /** The one on top under a point, or the nearest within a finger's reach. */
  #dotAt({ x, y }: L.Point): Dot | undefined {
    const far = (dot: Dot) => Math.hypot(dot.x - x, dot.y - y);
    const under = this.#dots.filter((dot) => far(dot) <= radiusOf(dot) + RING_PX / 2);
    const near = this.#dots.filter((dot) => far(dot) <= FINGER_PX).sort((one, other) => far(one) - far(other));
    return under.at(-1) ?? near[0];
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
