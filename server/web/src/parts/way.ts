/**
 * A place as the phone's map application takes it: `geo:` (RFC 5870, with the name as Android reads it), and `maps:` on what
 * Apple makes. It names no host, so that whichever application the person has chosen opens, also without a connection. Pure.
 */
export interface Place {
  readonly name: string;
  readonly address: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

const APPLE = /iPhone|iPad|iPod|Macintosh/;

export function wayTo({ name, address, latitude, longitude }: Place, agent = navigator.userAgent): string {
  const at = latitude === null || longitude === null ? null : `${String(latitude)},${String(longitude)}`;
  const words = encodeURIComponent(address === "" ? name : address);
  if (APPLE.test(agent)) return at === null ? `maps:?q=${words}` : `maps:?ll=${at}&q=${encodeURIComponent(name)}`;
  return at === null ? `geo:0,0?q=${words}` : `geo:${at}?q=${at}(${encodeURIComponent(name)})`;
}
