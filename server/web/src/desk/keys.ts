/**
 * The desk's keys: `/` the search, `j` and `k` the rows, `?` their list.  A key is known by its place on the keyboard, so that it
 * works while Hangul is typed elsewhere.  Nothing happens while somebody types, with a modifier, or below an open sheet.
 */
const ROWS = "main [data-row], main a.room";
const SEARCHES = "main input[type='search']";
const STORAGE_KEY = "ansim-desk-keys";
const WAIT_MS = 2_000; // guessed: for a page to be fetched
const NOT_TYPED: ReadonlySet<string> = new Set(["checkbox", "radio", "button", "submit", "reset"]);

export type Key = "search" | "next" | "before" | "list" | "leave";

export function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !NOT_TYPED.has(target.type);
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLElement && target.isContentEditable;
}

export function keyOf(event: KeyboardEvent): Key | null {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return null;
  if (document.querySelector("dialog[open]") !== null) return null;
  if (event.key === "Escape") return "leave";
  if (isTyping(event.target)) return null;
  if (event.key === "?") return "list";
  if (event.key === "/") return "search";
  if (event.shiftKey) return null;
  return event.code === "KeyJ" ? "next" : event.code === "KeyK" ? "before" : null;
}

/** The next row or the one before; from elsewhere, the first in sight. */
export function moveBy(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>(ROWS)];
  const isAt = (row: HTMLElement) => row === document.activeElement;
  const at = rows.findIndex(rows.some(isAt) ? isAt : (row) => row.ariaCurrent === "true");
  const next = at === -1 ? rows.find((row) => topOf(row) >= seenFrom(row)) : rows[at + step];
  next?.focus();
}

const topOf = (row: HTMLElement): number => row.getBoundingClientRect().top;
const seenFrom = (row: HTMLElement): number =>
  Math.max(0, row.closest("[role='region']")?.getBoundingClientRect().top ?? 0);

/** Focus the page's search; false without one. */
export function goToSearch(): boolean {
  const found = document.querySelector<HTMLInputElement>(SEARCHES);
  found?.focus();
  found?.select();
  return found !== null;
}

/** The same on a page that is on its way: it begins at its title, and then comes this. */
export function comeToSearch(until = performance.now() + WAIT_MS): void {
  const isThere = document.activeElement?.id === "screen-title" && goToSearch();
  if (!isThere && performance.now() < until)
    requestAnimationFrame(() => {
      comeToSearch(until);
    });
}

export function areOn(): boolean {
  try {
    return localStorage.getItem(STORAGE_KEY) !== "off";
  } catch {
    return true;
  }
}

export function switchTo(isOn: boolean): void {
  try {
    localStorage.setItem(STORAGE_KEY, isOn ? "on" : "off");
  } catch {
    // Storage that is switched off: then it lasts as long as the page.
  }
}
