/**
 * What a list is narrowed by stands in the address, so that it can be gone back to, sent and kept.  A person's kept filters stay
 * in this browser under a number made of the user name; what was searched for is never kept: it may name somebody.
 */
import { changed } from "../app/query";
import { router } from "../app/router.svelte";
import { session } from "../app/session.svelte";

const STORAGE_KEY = "ansim-filters";
const MOST = 8; // guessed: as many as fit beside each other
/** What somebody typed. */
export const SEARCH = "q";
/** The row that stands open beside its list. */
export const ROW = "row";

export function filter(name: string): string {
  return router.query.get(name) ?? "";
}

/** Each choice is a step that one may go back from; what is typed is not. */
export function setFilter(name: string, value: string): void {
  const query = changed(router.query, name, value);
  const path = location.hash.split("?")[0] ?? "";
  const link = query.size === 0 ? path : `${path}?${query.toString()}`;
  if (name === SEARCH) router.note(link);
  else router.go(link);
}

interface Name {
  readonly ko: string;
  readonly en: string;
}

/** Whether names hold what is searched for now. */
export function searched(): (...names: readonly Name[]) => boolean {
  const wanted = filter(SEARCH).trim().toLowerCase();
  if (wanted === "") return () => true;
  return (...names) =>
    names
      .flatMap(({ ko, en }) => [ko, en])
      .join(" ")
      .toLowerCase()
      .includes(wanted);
}

class KeptFilters {
  #all = $state.raw(read());

  of(page: string): readonly string[] {
    return this.#all[nameOf(page)] ?? [];
  }

  /** What is chosen now, without what was typed and what stands open; empty without a choice. */
  get chosen(): string {
    const query = changed(changed(router.query, SEARCH, ""), ROW, "");
    query.sort();
    return query.toString();
  }

  keep(page: string): void {
    const { chosen } = this;
    if (chosen !== "") this.#write(page, [...this.of(page).filter((one) => one !== chosen), chosen].slice(-MOST));
  }

  forget(page: string, query: string): void {
    this.#write(
      page,
      this.of(page).filter((one) => one !== query),
    );
  }

  #write(page: string, queries: readonly string[]): void {
    this.#all = { ...this.#all, [nameOf(page)]: queries };
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(this.#all));
    } catch {
      // Storage that is switched off: then they last as long as the page.
    }
  }
}

/** FNV-1a: who looks into the storage finds no user name. */
function nameOf(page: string): string {
  let hash = 0x811c9dc5;
  for (const letter of session.user?.username ?? "") hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return `${hash.toString(16)} ${page}`;
}

function read(): Readonly<Record<string, readonly string[]>> {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}");
    if (typeof saved !== "object" || saved === null) return {};
    const found: Record<string, readonly string[]> = {};
    for (const [name, queries] of Object.entries(saved))
      if (Array.isArray(queries)) found[name] = queries.filter((one) => typeof one === "string");
    return found;
  } catch {
    return {};
  }
}

export const kept = new KeptFilters();
