/** Instruments of a district as the desk writes them down. */
import type { components } from "../api/schema";

export type Instrument = components["schemas"]["InstrumentView"];
export type Kind = Instrument["kind"];
export type Written = components["schemas"]["InstrumentRequest"];
export type Check = components["schemas"]["InstrumentCheckRequest"];

export const KINDS: readonly Kind[] = ["lens_finder", "rf_finder", "thermal_imager", "borescope", "by_eye"];

/** As a person names it. */
export const nameOf = ({ maker, model, serial }: Instrument): string =>
  [maker, model, serial].filter((part) => part !== "").join(" ");

/** A new one, or one that is to be written down anew. */
export function draftOf(one: Instrument | null, districtId: string | null): Written {
  return {
    kind: one?.kind ?? "lens_finder",
    maker: one?.maker ?? "",
    model: one?.model ?? "",
    serial: one?.serial ?? "",
    holder: one?.holder?.username ?? null,
    district_id: one === null ? districtId : null,
  };
}
