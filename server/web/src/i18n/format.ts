/** Numbers and times as people read them, in the chosen language; times are those of Korea, as in the log. */
import { settings } from "../app/settings.svelte";

const TIME_ZONE = "Asia/Seoul";

const locale = () => (settings.language === "ko" ? "ko-KR" : "en-GB");

/** Making a formatter takes as long as writing many numbers with it: each is made once for a language. */
const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function once<T extends Intl.NumberFormat | Intl.DateTimeFormat>(options: object, make: (language: string) => T): T {
  const language = locale();
  const key = language + JSON.stringify(options);
  let found = made.get(key);
  if (found === undefined) made.set(key, (found = make(language)));
  return found as T; // dates and numbers have no option in common
}

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return once(options, (language) => new Intl.NumberFormat(language, options));
}

function times(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return once(options, (language) => new Intl.DateTimeFormat(language, options));
}

export function dateTime(utc: string): string {
  return times({
    timeZone: TIME_ZONE,
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(new Date(utc));
}

/** Hours and minutes of a moment on this phone's clock. */
export function clockTime(unixMs: number): string {
  return times({
    timeZone: TIME_ZONE,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(new Date(unixMs));
}

export function date(utc: string): string {
  return times({
    timeZone: TIME_ZONE,
    year: "numeric",
    month: "short",
    day: "numeric",
  }).format(new Date(utc));
}

/** Month and day, with the year unless it is this one. */
export function day(utc: string): string {
  const isThisYear = isoDay(new Date(utc)).slice(0, 4) === isoDay(new Date()).slice(0, 4);
  const year = isThisYear ? {} : ({ year: "numeric" } as const);
  return times({ timeZone: TIME_ZONE, ...year, month: "long", day: "numeric" }).format(new Date(utc));
}

/** YYYY-MM-DD in Korea, as date inputs and the export take it. */
export function isoDay(moment: Date): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: TIME_ZONE }).format(moment);
}

export function percent(share: number): string {
  return numbers({ style: "percent", maximumFractionDigits: 0 }).format(share);
}

export function decimal(value: number, digits = 1): string {
  return numbers({ maximumFractionDigits: digits }).format(value);
}

export function signed(value: number, digits = 1): string {
  return numbers({
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: "exceptZero",
  }).format(value);
}

/** 10 to the power of `log10` with two significant digits at most: 3, 50, 100,000. */
export function factor(log10: number): string {
  return numbers({ maximumSignificantDigits: 2 }).format(10 ** log10);
}

/** A received level with its unit. */
export function level(dbm: number): string {
  return `${decimal(dbm, 0)} dBm`;
}

/** An uncalibrated score, 0 to 1, always with two digits so that a column of them can be compared. */
export function score(value: number): string {
  return numbers({ minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
}

/** Volts with a tenth that is always there: 5.0, so that it does not seem a round guess. */
export function volts(value: number): string {
  return numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
}

/** An amount of data in the unit that leaves few digits. */
export function bytes(count: number): string {
  const [size, unit] = count >= 1e9 ? [1e9, "GB"] : count >= 1e6 ? [1e6, "MB"] : count >= 1e3 ? [1e3, "kB"] : [1, "B"];
  return `${decimal(count / size)} ${unit}`;
}

/** A p-value with two significant digits. */
export function pValue(value: number): string {
  return numbers({ maximumSignificantDigits: 2 }).format(value);
}
