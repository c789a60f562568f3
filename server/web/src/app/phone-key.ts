/**
 * The key under which this phone seals what it keeps of a person: of the server, given in that person's session only.
 *
 * It lies in IndexedDB as long as that login lasts, as a key that no script can read out, so that a page that is opened again
 * without a connection still reads what it keeps. Logging out, another login and the end of the shift take it away, with
 * everything that was kept for reading; what waits to be sent stays, sealed, until its author logs in again. Over plain
 * HTTP browsers seal nothing: there is no key then.
 */
import { ApiError, call, client } from "../api/client";
import { fromBase64 } from "./base64";
import { openStorage } from "./storage";

const GIVE_UP_MS = 3_000; // guessed: whoever decides something waits for this, at most

export interface PhoneKey {
  readonly username: string;
  readonly key: CryptoKey;
  /** Under which names of what is kept are written down (HMAC): which rooms the day asks for is nobody's business. */
  readonly names: CryptoKey;
  /** To what a second person's PIN is sealed, in base64; of an earlier login there is none. */
  readonly pinsTo?: string;
  /** When the login ends that it was given for. */
  readonly untilMs: number;
}

export const canSeal = "subtle" in crypto && (crypto.subtle as SubtleCrypto | undefined) !== undefined;

let known: PhoneKey | null = null;
let asking: Promise<PhoneKey | null> | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** This person's key, if this phone has it or `mayAsk` the server for it; null without one. */
export async function keyOf(username: string, mayAsk: boolean): Promise<PhoneKey | null> {
  if (!canSeal) return null;
  if (known === null) note((await (await openStorage()).get("phone_key", "key")) ?? null);
  if (known !== null && known.untilMs <= Date.now()) await forgetDay();
  if (known?.username === username) return known;
  if (!mayAsk) return null;
  asking ??= ask(username).finally(() => {
    asking = null;
  });
  const given = await asking;
  return given?.username === username ? given : null;
}

/** Whether this is still the key of a login that goes on. */
export const isHeld = (key: PhoneKey): boolean => known === key;

/** Take the key away, and everything that this phone keeps for reading. */
export async function forgetDay(): Promise<void> {
  note(null);
  const storage = await openStorage();
  await Promise.all([storage.clear("phone_key"), storage.clear("answers")]);
}

async function ask(username: string): Promise<PhoneKey | null> {
  try {
    const { key, ends, pins_to } = await call(
      client.GET("/api/me/phone-key", { signal: AbortSignal.timeout(GIVE_UP_MS) }),
    );
    const given: PhoneKey = { username, ...(await keysFrom(key)), untilMs: Date.parse(ends), pinsTo: pins_to };
    if (given.untilMs <= Date.now()) return null; // by this phone's clock: nothing would be kept
    await forgetDay(); // of whoever had this phone before
    await (await openStorage()).put("phone_key", given, "key");
    note(given);
    return given;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return null;
  }
}

/** Two keys that no script can read out, from the server's one (HKDF, RFC 5869). */
async function keysFrom(base64: string): Promise<{ key: CryptoKey; names: CryptoKey }> {
  const raw = fromBase64(base64);
  const master = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveKey"]);
  raw.fill(0);
  const by = (info: string): HkdfParams => ({
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(),
    info: new TextEncoder().encode(info),
  });
  const aes: AesKeyGenParams = { name: "AES-GCM", length: 256 };
  const hmac: HmacKeyGenParams = { name: "HMAC", hash: "SHA-256", length: 256 };
  const [key, names] = await Promise.all([
    crypto.subtle.deriveKey(by("ansim phone seal"), master, aes, false, ["encrypt", "decrypt"]),
    crypto.subtle.deriveKey(by("ansim phone names"), master, hmac, false, ["sign"]),
  ]);
  return { key, names };
}

/** Know this one, and take it away when its login ends. */
function note(key: PhoneKey | null): void {
  known = key;
  clearTimeout(timer);
  if (key !== null) timer = setTimeout(() => void forgetDay(), Math.max(0, key.untilMs - Date.now()));
}
