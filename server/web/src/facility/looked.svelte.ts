/** Which rooms somebody has looked through today by this phone; the server does not say it. */
const STORAGE_KEY = "ansim-looked";

interface Kept {
  readonly person: string;
  readonly day: string;
  readonly rooms: readonly string[];
}

/** Today in Korea, where every room is. */
function today(): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Seoul" }).format(new Date());
}

class Looked {
  #kept = $state.raw<Kept | null>(read());

  /** Whether this person has looked through this room today. */
  has(person: string, roomId: string): boolean {
    const kept = this.#kept;
    return kept !== null && kept.person === person && kept.day === today() && kept.rooms.includes(roomId);
  }

  add(person: string, roomId: string): void {
    const kept = this.#kept;
    const rooms = kept !== null && kept.person === person && kept.day === today() ? kept.rooms : [];
    this.#kept = { person, day: today(), rooms: [...rooms.filter((one) => one !== roomId), roomId] };
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(this.#kept));
    } catch {
      // Storage that is switched off: then the page remembers until it is closed.
    }
  }
}

function read(): Kept | null {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "null");
    return isKept(saved) ? saved : null;
  } catch {
    return null;
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== "object" || value === null || !("person" in value) || !("day" in value)) return false;
  return "rooms" in value && Array.isArray(value.rooms) && value.rooms.every((one) => typeof one === "string");
}

export const looked = new Looked();
