/**
 * A proof that an entry is in the log, computed again in the browser (RFC 9162, section 2.1.3.2).
 * Input are the entry's leaf and the server's proof; output says whether the hashes lead to the root of its signed head.
 */
import { fromBase64, toBase64 } from "../app/base64";

export interface Leaf {
  readonly entryHash: string;
  readonly signaturesHash: string;
  readonly receivedMs: number;
}

export function canHash(): boolean {
  return globalThis.isSecureContext && "subtle" in crypto;
}

/** Size and root (base64) that a checkpoint names in its second and third line. */
export function headOf(checkpoint: string): { readonly size: number; readonly root: string } {
  const [, size, root] = checkpoint.split("\n");
  return { size: Number(size), root: root ?? "" };
}

/** Root to which leaf, place and hashes lead, base64; null where there are too many or too few hashes. */
export async function rootOf(leafData: Uint8Array, index: number, size: number, hashes: readonly Uint8Array[]) {
  let [place, last] = [index, size - 1];
  let node = await digest(0, leafData);
  for (const hash of hashes) {
    if (last === 0) return null;
    if (place % 2 === 1 || place === last) {
      node = await digest(1, hash, node);
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2);
        last = Math.floor(last / 2);
      }
    } else node = await digest(1, node, hash);
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? toBase64(node) : null;
}

export function leafData(leaf: Leaf): Uint8Array {
  const text = `ansim-leaf-v1\n${leaf.entryHash}\n${leaf.signaturesHash}\n${String(leaf.receivedMs)}\n`;
  return new TextEncoder().encode(text);
}

/** SHA-256 over the signatures in the order of their key ids, hexadecimal, as the leaf names them. */
export async function signaturesHash(signatures: readonly { readonly keyid: string; readonly sig: string }[]) {
  const sorted = [...signatures].sort((a, b) => (a.keyid < b.keyid ? -1 : 1));
  const joined = sorted.flatMap(({ keyid, sig }) => [...new TextEncoder().encode(keyid), ...fromBase64(sig)]);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(joined)));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

async function digest(prefix: number, ...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const whole = new Uint8Array([prefix, ...parts.flatMap((part) => [...part])]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}
