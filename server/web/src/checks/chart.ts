/** Where everything stands in the control chart of one part of a probe; numbers of the picture's own units. */
import type { ReferenceCheck } from "../api/types";
import { t } from "../i18n/translate.svelte";
import { modalityName } from "../sweep/modalities";

export type PartName = ReferenceCheck["told"]["check"]["parts"][number]["part"];

/** A part of the probe is called as its modality. */
export const partName = (part: PartName): string => (part === "lamp" ? t("reference_lamp") : modalityName(part));
type Status = ReferenceCheck["told"]["check"]["status"];

export const WIDTH = 320;
export const READINGS = { top: 16, height: 56 } as const;
export const SUMS = { top: 96, height: 56 } as const;
export const HEIGHT = SUMS.top + SUMS.height + 18;
const LEFT = 4;
const RIGHT = 316;
/** Room beyond the limit, so that what crosses it is seen to. */
const HEADROOM = 1.35;

export interface Morning {
  readonly at: string;
  readonly x: number;
  /** Of each repeat; empty while it is being learnt what is expected. */
  readonly dots: readonly number[];
  readonly barTop: number;
  readonly barHeight: number;
  readonly status: Status;
}

export interface Chart {
  readonly mornings: readonly Morning[];
  readonly barWidth: number;
  /** Where the readings are as expected, and where the lower limit is. */
  readonly zero: number;
  readonly lowest: number;
  readonly limit: number;
}

/** The chart of a part, oldest morning first; null where it was never read. */
export function chartOf(checks: readonly ReferenceCheck[], part: PartName): Chart | null {
  const oldestFirst = [...checks].reverse();
  const read = oldestFirst.flatMap((one) => {
    const readings = one.told.readings.find((item) => item.part === part);
    const judged = one.told.check.parts.find((item) => item.part === part);
    return readings === undefined || judged === undefined ? [] : [{ one, readings, judged }];
  });
  const last = read.at(-1);
  if (last === undefined) return null;
  const h = last.one.told.cusum_h;
  const most = Math.max(h * HEADROOM, ...read.map(({ judged }) => judged.cusum ?? 0));
  const widest = last.readings.limit_db * HEADROOM;
  const step = (RIGHT - LEFT) / Math.max(read.length, 14);
  const height = (db: number) =>
    READINGS.top + (READINGS.height * (widest - Math.max(-widest, Math.min(widest, db)))) / (2 * widest);
  const tall = (sum: number) => (SUMS.height * sum) / most;
  return {
    mornings: read.map(({ one, readings, judged }, number) => {
      const { expected, cusum, status } = judged;
      return {
        at: one.at,
        x: LEFT + (number + 0.5) * step,
        dots: expected === null ? [] : readings.repeats.map((value) => height(value - expected)),
        barTop: SUMS.top + SUMS.height - tall(cusum ?? 0),
        barHeight: tall(cusum ?? 0),
        status,
      };
    }),
    barWidth: Math.max(1, step * 0.7),
    zero: height(0),
    lowest: height(-last.readings.limit_db),
    limit: SUMS.top + SUMS.height - tall(h),
  };
}
