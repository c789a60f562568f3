/**
 * A point on the map's canvas that says for how many places it stands.
 *
 * The number is drawn with the point: as an element each of hundreds of them is a layer of the screen, and a map of 5,000
 * places then stands still for a third of a second at each step of the zoom.
 */
import L from "leaflet";

/** What Leaflet's canvas gives to what it draws; its types leave that out. */
interface OnCanvas {
  readonly _renderer: {
    readonly _ctx: CanvasRenderingContext2D;
    readonly _drawing: boolean;
    readonly _updateCircle: (layer: L.CircleMarker) => void;
  };
  readonly _point: L.Point;
  readonly _empty: () => boolean;
}

const FONT = "700 14px system-ui, sans-serif"; // the smallest text of the page

export class CountedDot extends L.CircleMarker {
  readonly #count: string;

  constructor(at: L.LatLngExpression, options: L.CircleMarkerOptions, count: number) {
    super(at, options);
    this.#count = String(count);
  }

  /** The canvas asks for it at each redraw. */
  _updatePath(): void {
    const drawn = this as unknown as OnCanvas;
    const { _ctx: on, _drawing: isDrawing } = drawn._renderer;
    drawn._renderer._updateCircle(this);
    if (!isDrawing || drawn._empty()) return;
    const { x, y } = drawn._point;
    on.globalAlpha = 1;
    on.font = FONT;
    on.textAlign = "center";
    on.textBaseline = "middle";
    on.lineJoin = "round";
    on.lineWidth = 3;
    on.strokeStyle = "#000";
    on.fillStyle = "#fff";
    on.strokeText(this.#count, x, y);
    on.fillText(this.#count, x, y);
  }
}
