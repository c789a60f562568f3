/**
 * The code of a door's sticker out of the rear camera's picture.  Nothing is drawn, kept or sent: each picture is looked at
 * once for a QR code, and the camera goes off with the first one that is a sticker's, after `LONGEST_MS`, or when the
 * page is hidden.  Browsers without a reader of their own (`BarcodeDetector`) leave it to the twelve letters.
 */
import { closeCamera, openCamera } from "../photos/camera";

interface Reader {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}
type ReaderClass = new (options: { formats: string[] }) => Reader;

const LETTERS = 12; // as the server's stickers have
const LONGEST_MS = 20_000; // guessed: whoever needs longer reads the letters
const EVERY_MS = 200; // guessed: five looks in a second

/** The twelve letters of what a sticker's QR says, which is an address that ends with them; null for any other. */
export function stickerOf(said: string): string | null {
  const last =
    said
      .trim()
      .split(/[/?#=]/)
      .at(-1) ?? "";
  const letters = last.toUpperCase().replace(/-/g, "");
  return letters.length === LETTERS && /^[0-9A-Z]+$/.test(letters) ? letters : null;
}

/** Show the camera in `video` until a sticker is seen; null when none was.  Throws a DOMException when it is refused. */
export async function scan(video: HTMLVideoElement, isOver: () => boolean): Promise<string | null> {
  const { BarcodeDetector } = window as unknown as { BarcodeDetector: ReaderClass };
  const reader = new BarcodeDetector({ formats: ["qr_code"] });
  const stream = await openCamera();
  try {
    video.srcObject = stream;
    await video.play();
    const endMs = Date.now() + LONGEST_MS;
    while (!isOver() && !document.hidden && Date.now() < endMs) {
      for (const { rawValue } of await reader.detect(video)) {
        const code = stickerOf(rawValue);
        if (code !== null) return code;
      }
      await new Promise((done) => setTimeout(done, EVERY_MS));
    }
    return null;
  } finally {
    closeCamera(stream);
    video.srcObject = null;
  }
}
