/**
 * Sealing and opening in the browser: age files (age-encryption.org/v1), by the library of age's author.
 *
 * Input and output are bytes. A private key is a text in memory, or in a file under a passphrase; it is never sent.
 */
import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";

/** A quarter of what age itself takes (2^18), which needs 256 MB; 12 characters and more are what counts. */
const WORK_FACTOR = 16;
const SECRET = /AGE-SECRET-KEY-1[0-9A-Z]+/;

export interface MadeKey {
  readonly recipient: string;
  /** The private key under the passphrase, to be saved; `age -d` opens it as well. */
  readonly file: string;
}

/** Seal a picture to each of these public keys: any one of them opens it. */
export async function seal(picture: Uint8Array, recipients: readonly string[]): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encrypter.encrypt(picture);
}

/** Open a sealed picture; null when the key is not one of those it was sealed to, or the file was changed. */
export async function unseal(sealed: Uint8Array, identity: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    return new Uint8Array(await decrypter.decrypt(sealed));
  } catch {
    return null;
  }
}

/** Is the public half of this private key among these public keys? */
export async function isNamed(identity: string, recipients: readonly string[]): Promise<boolean> {
  return recipients.includes(await identityToRecipient(identity));
}

/** Make a key of one's own. */
export async function makeKey(passphrase: string): Promise<MadeKey> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(WORK_FACTOR);
  const file = armor.encode(await encrypter.encrypt(`# public key: ${recipient}\n${identity}\n`));
  return { recipient, file };
}

/** The private key in a file, as `makeKey` or age-keygen writes it; null when it is none or the passphrase differs. */
export async function readKey(file: Uint8Array, passphrase: string): Promise<string | null> {
  const text = new TextDecoder().decode(file);
  const plain = SECRET.exec(text)?.[0];
  if (plain !== undefined) return plain;
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    const opened = await decrypter.decrypt(text.includes("BEGIN AGE") ? armor.decode(text) : file, "text");
    return SECRET.exec(opened)?.[0] ?? null;
  } catch {
    return null;
  }
}

/** SHA-256 as 64 hexadecimal digits. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
