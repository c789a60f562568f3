/** Periods of an inspection log as pairs of days YYYY-MM-DD, both included; pure arithmetic on calendar days. */
export interface Period {
  from: string;
  to: string;
}

export function thisMonth(today: string): Period {
  return { from: `${today.slice(0, 7)}-01`, to: today };
}

export function lastMonth(today: string): Period {
  const to = shift(`${today.slice(0, 7)}-01`, { days: -1 });
  return { from: `${to.slice(0, 7)}-01`, to };
}

export function lastThreeMonths(today: string): Period {
  return { from: shift(today, { months: -3 }), to: today };
}

function shift(day: string, by: { days?: number; months?: number }): string {
  const moved = new Date(`${day}T00:00:00Z`);
  moved.setUTCMonth(moved.getUTCMonth() + (by.months ?? 0));
  moved.setUTCDate(moved.getUTCDate() + (by.days ?? 0));
  return moved.toISOString().slice(0, 10);
}
