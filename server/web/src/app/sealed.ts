/** Sealing with AES-256-GCM: octets or JSON under a key, bound to a name (of its person and place), so that no two can be exchanged. */
const IV_OCTETS = 12; // NIST SP 800-38D, section 8.2.2: random, for far fewer than 2^32 of them under one key

/** A value under a key: `seal` of its JSON. */
export function sealJson(key: CryptoKey, name: string, value: unknown): Promise<Uint8Array<ArrayBuffer>> {
  return seal(key, name, new TextEncoder().encode(JSON.stringify(value)));
}

/** Octets under a key, with the initialisation vector in front. */
export async function seal(key: CryptoKey, name: string, plain: BufferSource): Promise<Uint8Array<ArrayBuffer>> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_OCTETS));
  const sealed = await crypto.subtle.encrypt(bound(iv, name), key, plain);
  const whole = new Uint8Array(IV_OCTETS + sealed.byteLength);
  whole.set(iv);
  whole.set(new Uint8Array(sealed), IV_OCTETS);
  return whole;
}

/** What was sealed under this key and name; undefined when it was not, or was changed. */
export async function openJson(key: CryptoKey, name: string, sealed: Uint8Array<ArrayBuffer>): Promise<unknown> {
  const plain = await open(key, name, sealed);
  return plain === undefined ? undefined : JSON.parse(new TextDecoder().decode(plain));
}

/** The octets that were sealed under this key and name; undefined when they were not, or were changed. */
export async function open(
  key: CryptoKey,
  name: string,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<ArrayBuffer | undefined> {
  try {
    const iv = sealed.subarray(0, IV_OCTETS);
    return await crypto.subtle.decrypt(bound(iv, name), key, sealed.subarray(IV_OCTETS));
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

/** What something is called where others may read it, under a key for names. */
export async function hiddenName(names: CryptoKey, name: string): Promise<string> {
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", names, new TextEncoder().encode(name)));
  return [...mac].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}

function bound(iv: Uint8Array<ArrayBuffer>, name: string): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(name) };
}
