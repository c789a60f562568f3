/**
 * The only module that opens the phone's camera: a preview that whoever opened it closes, and one still out of it.
 *
 * Never `<input capture>`: that opens the phone's own camera, which keeps the picture in its gallery and a cloud. A still
 * is drawn anew on a canvas, whose encoder writes no metadata, and is stripped all the same.
 */
import { stripped } from "./jpeg";

/** A server takes 1 MiB with the seal; derived: the seal adds less than 2 kB and 16 bytes for each 64 KiB. */
const MAX_BYTES = 1_000_000;
const QUALITIES = [0.85, 0.7, 0.5] as const; // guessed: 0.85 hides no 2 mm hole; the others for pictures full of noise

export interface Still {
  readonly picture: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/** Why the camera cannot be used here at all; null when it may be asked for. */
export function whyOff(): "off_insecure" | "off_no_camera" | null {
  if (!isSecureContext) return "off_insecure";
  // Older browsers lack it, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  return devices === undefined ? "off_no_camera" : null;
}

/** Open the rear camera; throws a DOMException when the person or the browser refuses. */
export async function openCamera(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } },
  });
}

export function closeCamera(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** One still of what the video shows, without metadata; null when it gets no smaller than a server takes. */
export async function takeStill(video: HTMLVideoElement, maxEdge: number): Promise<Still | null> {
  const scale = Math.min(1, maxEdge / Math.max(video.videoWidth, video.videoHeight, 1));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(video.videoWidth * scale));
  canvas.height = Math.max(1, Math.round(video.videoHeight * scale));
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  const { width, height } = canvas;
  try {
    for (const quality of QUALITIES) {
      const blob = await new Promise<Blob | null>((done) => {
        canvas.toBlob(done, "image/jpeg", quality);
      });
      const picture = blob === null ? null : stripped(new Uint8Array(await blob.arrayBuffer()));
      if (picture !== null && picture.length <= MAX_BYTES) return { picture, width, height };
    }
    return null;
  } finally {
    canvas.width = canvas.height = 0; // its pixels go now, not when memory is short
  }
}
