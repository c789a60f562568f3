/**
 * JPEG files without what tells of camera, place or time (ITU-T T.81, B.1): input and output are bytes, no picture is
 * decoded. What a decoder needs is kept, the JFIF header and everything else goes, and what follows the end of the picture.
 */
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP15 = 0xef;
const COM = 0xfe;

interface Segment {
  readonly marker: number;
  readonly start: number;
  readonly end: number;
}

/** The picture alone; null for what is no JPEG. */
export function stripped(bytes: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const segments = segmentsOf(bytes);
  if (segments === null) return null;
  const kept = segments.filter(({ marker }) => !isMetadata(marker));
  const size = kept.reduce((sum, { start, end }) => sum + end - start, 2);
  const out = new Uint8Array(size);
  out.set([0xff, SOI]);
  let at = 2;
  for (const { start, end } of kept) {
    out.set(bytes.subarray(start, end), at);
    at += end - start;
  }
  return out;
}

/** Does it hold anything but the picture? True also for what is no JPEG: nobody can tell what that holds. */
export function hasMetadata(bytes: Uint8Array): boolean {
  const segments = segmentsOf(bytes);
  if (segments === null) return true;
  return segments.some(({ marker }) => isMetadata(marker)) || segments.at(-1)?.end !== bytes.length;
}

function isMetadata(marker: number): boolean {
  return (marker >= APP0 && marker <= APP15) || marker === COM;
}

/** Every segment after the start of image, up to the end of image; null when they do not follow each other so. */
function segmentsOf(bytes: Uint8Array): readonly Segment[] | null {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return null;
  const found: Segment[] = [];
  let at = 2;
  while (at + 1 < bytes.length) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff || marker < 0xc0) return null;
    if (marker === EOI) return [...found, { marker, start: at, end: at + 2 }];
    let end = at + 2 + (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);
    if (end < at + 4 || end > bytes.length) return null;
    if (marker === SOS) end = endOfScan(bytes, end);
    found.push({ marker, start: at, end });
    at = end;
  }
  return null;
}

/** Where the entropy-coded data end: at a marker that is neither a stuffed zero nor a restart. */
function endOfScan(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at + 1 < bytes.length) {
    const next = bytes[at + 1] ?? 0;
    if (bytes[at] === 0xff && next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at;
    at += 1;
  }
  return bytes.length;
}
