/** How long ago something was, in whole days and minutes. */
const DAY_MS = 86_400_000;

export function daysSince(utc: string, now = Date.now()): number {
  return Math.max(0, Math.floor((now - Date.parse(utc)) / DAY_MS));
}

export function minutesSince(utc: string, now = Date.now()): number {
  return Math.max(0, Math.floor((now - Date.parse(utc)) / 60_000));
}
