/** A plan while somebody changes it: what is drawn now, and every step back. */
import type { Plan } from "../api/types";
import { startOf } from "./fittings";
import type { Drawing } from "./rows";

export class Draft {
  drawing: Drawing = $state.raw({ rows: [[], []], aisleM: 0, leastWidthM: 0 });
  /** The zone that is being changed. */
  chosen = $state<string | null>(null);
  /** Whether it began from a template, because the room's plan is none or cannot be said in rows. */
  readonly isTemplate: boolean;
  #before = $state.raw<readonly Drawing[]>([]);

  constructor(
    readonly plan: Plan,
    readonly isChangingRoom: boolean,
  ) {
    const start = startOf(plan, isChangingRoom);
    this.drawing = start.drawing;
    this.isTemplate = start.isTemplate;
  }

  get isChanged(): boolean {
    return this.#before.length > 0;
  }

  change(drawing: Drawing): void {
    if (drawing === this.drawing) return;
    this.#before = [...this.#before, this.drawing];
    this.drawing = drawing;
  }

  undo(): void {
    const last = this.#before.at(-1);
    if (last === undefined) return;
    this.#before = this.#before.slice(0, -1);
    this.drawing = last;
  }
}
