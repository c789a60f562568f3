/** How far each list was scrolled, by its address: who comes back finds it so. */
const left = new Map<string, number>();

export const scrolledTo = (address: string): number => left.get(address) ?? 0;

export function noteScroll(address: string, top: number): void {
  left.set(address, top);
}
