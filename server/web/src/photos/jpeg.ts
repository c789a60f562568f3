/**
 * JPEG files without what tells of camera, place or time (ITU-T T.81, B.1): input and output are bytes, no picture is
 * decoded. What a decoder needs is kept, the JFIF header and everything else goes, and what follows the end of the picture.
 * What somebody else sealed may be anything: whether it may be decoded at all is told from its segments too.
 */
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
/** Baseline, extended and progressive, Huffman coded: what browsers write and read. */
const FRAMES: readonly number[] = [0xc0, 0xc1, 0xc2];
/** A frame, Huffman and quantisation tables, scans, restart interval, the end: a decoder needs nothing else. */
const NEEDED: readonly number[] = [...FRAMES, 0xc4, 0xdb, SOS, 0xdd, EOI];
/** Derived: the phone scales to 1,600 pixels at most. Four bytes each in memory, whatever the file weighs. */
const MAX_PIXELS = 1600 * 1600;
/** Guessed: encoders write ten. A decoder goes over the whole picture for each, be it of a few bytes. */
const MAX_SCANS = 32;

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

/** Whether a browser may be given it to show: one picture, of the size of a photograph from the phone. */
export function isShowable(bytes: Uint8Array): boolean {
  const segments = segmentsOf(bytes);
  if (segments === null) return false;
  const frames = segments.filter(({ marker }) => FRAMES.includes(marker));
  const scans = segments.filter(({ marker }) => marker === SOS);
  const pixels = frames.map(({ start }) => read16(bytes, start + 5) * read16(bytes, start + 7));
  const [size] = pixels;
  return pixels.length === 1 && size !== undefined && size > 0 && size <= MAX_PIXELS && scans.length <= MAX_SCANS;
}

function read16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
}

function isMetadata(marker: number): boolean {
  return !NEEDED.includes(marker);
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
    let end = at + 2 + read16(bytes, at + 2);
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
