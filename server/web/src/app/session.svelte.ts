/**
 * Who is logged in on this phone, and the token that state-changing calls carry.
 *
 * The last person is remembered, so that a page opened again without a connection still offers the stop and keeps
 * decisions under the right name; the server checks everything all the same.
 */
import { answer } from "../account/passkeys";
import { ApiError, call, client, onUnauthorised, setSession } from "../api/client";
import type { User } from "../api/types";
import { forgetDay } from "./phone-key";

const STORAGE_KEY = "ansim-person";
/** Who steers a probe and decides about findings, as the server has it. */
const INSPECTORS: ReadonlySet<User["role"]> = new Set(["inspector", "supervisor", "admin"]);

/** Who has documents made, as the server has it. */
const WRITERS: ReadonlySet<User["role"]> = new Set([...INSPECTORS, "district_officer", "city_officer"]);

/** Who has a desk: supervisors and the city, and whoever looks at what they do. */
const AT_DESK: ReadonlySet<User["role"]> = new Set([
  "supervisor",
  "district_officer",
  "city_officer",
  "auditor",
  "admin",
]);

/** People of single facilities, who have pages of their own and none of the others. */
const OF_FACILITY: ReadonlySet<User["role"]> = new Set(["facility_owner", "facility_staff", "cleaner"]);

class Session {
  /** Undefined until the server was asked once, or could not be asked and nobody is remembered. */
  user = $state<User | null | undefined>(undefined);
  /** Whether the server has confirmed the person since this page was opened. */
  isConfirmed = $state(false);

  constructor() {
    onUnauthorised(() => {
      this.#set(null, null);
    });
  }

  get mayInspect(): boolean {
    return this.user !== null && this.user !== undefined && INSPECTORS.has(this.user.role);
  }

  get mayExport(): boolean {
    return this.user !== null && this.user !== undefined && WRITERS.has(this.user.role);
  }

  /** Who may prove what a Pi's server said in their name. */
  get mayProve(): boolean {
    return this.mayInspect || this.user?.role === "district_officer" || this.user?.role === "evidence_officer";
  }

  /** Whoever inspects a room may correct its plan, and so may the district. */
  get mayKeepPlans(): boolean {
    return this.mayInspect || this.user?.role === "district_officer";
  }

  /** Who takes past inspections over from lists, and cites their originals. */
  get mayCite(): boolean {
    return this.user?.role === "district_officer" || this.user?.role === "admin";
  }

  /** Cases reach farther than the day and what is due: who opens photographs has these too. */
  get hasCases(): boolean {
    return this.isAtDesk || this.user?.role === "evidence_officer";
  }

  /** Who is told at once that there is something to look at. */
  get isTold(): boolean {
    const role = this.user?.role;
    return role !== undefined && role !== "viewer" && role !== "auditor" && !this.isOfFacility;
  }

  get isOfFacility(): boolean {
    return this.user !== null && this.user !== undefined && OF_FACILITY.has(this.user.role);
  }

  get isAtDesk(): boolean {
    return this.user !== null && this.user !== undefined && AT_DESK.has(this.user.role);
  }

  /** Ask the server who is logged in; without a connection the person remembered stands in. */
  async load(): Promise<void> {
    try {
      const answer = await call(client.GET("/api/me"));
      this.#set(answer.user, answer.csrf_token);
    } catch (error) {
      const remembered = error instanceof ApiError && error.mayWorkLater ? read() : null;
      if (remembered === null) throw error;
      this.user ??= remembered;
    }
  }

  /** Ask again, quietly: true when the server has confirmed somebody. */
  async reload(): Promise<boolean> {
    try {
      await this.load();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
    return this.isConfirmed && this.user !== null;
  }

  async logIn(username: string, password: string, code: string | null): Promise<void> {
    const answer = await call(client.POST("/api/login", { body: { username, password, code } }));
    this.#set(answer.user, answer.csrf_token);
  }

  async logInByPasskey(): Promise<void> {
    const options = await call(client.POST("/api/login/passkey/options"));
    const login = await call(client.POST("/api/login/passkey", { body: await answer(options) }));
    this.#set(login.user, login.csrf_token);
  }

  async changePassword(current: string, wanted: string): Promise<void> {
    const body = { current_password: current, new_password: wanted };
    const answer = await call(client.POST("/api/password", { body }));
    this.#set(answer.user, answer.csrf_token);
  }

  async logOut(): Promise<void> {
    const { sign_out_url: elsewhere } = await call(client.POST("/api/logout"));
    this.#set(null, null);
    if (elsewhere !== null) location.assign(elsewhere);
  }

  #set(user: User | null, token: string | null): void {
    if (user === null || (this.user && this.user.username !== user.username)) void forgetDay();
    this.user = user;
    this.isConfirmed = true;
    setSession(user?.username ?? null, token);
    try {
      if (user === null) localStorage.removeItem(STORAGE_KEY);
      else localStorage.setItem(STORAGE_KEY, JSON.stringify(user));
    } catch {
      // Storage that is switched off: then nobody is remembered.
    }
  }
}

function read(): User | null {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "null");
    return isUser(saved) ? saved : null;
  } catch {
    return null;
  }
}

function isUser(value: unknown): value is User {
  if (typeof value !== "object" || value === null) return false;
  return (
    "username" in value &&
    typeof value.username === "string" &&
    "display_name" in value &&
    typeof value.display_name === "string" &&
    "role" in value &&
    typeof value.role === "string"
  );
}

export const session = new Session();
