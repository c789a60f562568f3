/** Quarters of Korean years, as they come one after the other. Pure. */
export interface Quarter {
  readonly year: number;
  readonly quarter: number;
}

/** The quarter of a day YYYY-MM-DD. */
export function quarterOf(day: string): Quarter {
  return { year: Number(day.slice(0, 4)), quarter: Math.ceil(Number(day.slice(5, 7)) / 3) };
}

/** The quarter so many before another. */
export function before({ year, quarter }: Quarter, n: number): Quarter {
  const count = year * 4 + quarter - 1 - n;
  return { year: Math.floor(count / 4), quarter: (count % 4) + 1 };
}

/** A quarter and those before it, `n` in all, oldest first. */
export function lastOf(end: Quarter, n: number): Quarter[] {
  return Array.from({ length: n }, (_, index) => before(end, n - 1 - index));
}

export const keyOf = ({ year, quarter }: Quarter): string => `${year}-${quarter}`;
