/**
 * The second person's PIN, sealed on the first one's phone to the server (`server/people/sealed_pins.py`): given at the
 * door without a connection, and nothing that this phone could open again.
 */
import { fromBase64, toBase64 } from "../app/base64";
import { keyOf } from "../app/phone-key";
import { session } from "../app/session.svelte";
import { bySecret } from "./second-person";

const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;
const INFO = new TextEncoder().encode("ansim second pin");

/** In base64; null where this phone cannot seal. `about`: the id of what both agree to. */
export async function sealPin(who: string, pin: string, about: string): Promise<string | null> {
  const to = session.user ? (await keyOf(session.user.username, true))?.pinsTo : undefined;
  if (to === undefined) return null;
  const theirs = fromBase64(to);
  const recipient = await crypto.subtle.importKey("raw", theirs, CURVE, false, []);
  const once = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", once.publicKey));
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: recipient }, once.privateKey, 256);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: joined(INFO, point, theirs) },
    await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]),
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt"],
  );
  const text = new TextEncoder();
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: new Uint8Array(12), additionalData: text.encode(about) }, // one key seals one message
    key,
    text.encode(JSON.stringify(bySecret(who, pin, null))),
  );
  return toBase64(joined(point, new Uint8Array(sealed)));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
