/** Wi-Fi channels by band, as a person reads them. */

/** How many channels (centres in MHz) lie in each band; bands without any are left out. */
export function countByBand(mhz: readonly number[]): { band: string; n: number }[] {
  const bands = [
    { band: "2.4", n: mhz.filter((one) => one < 3_000).length },
    { band: "5", n: mhz.filter((one) => one >= 3_000 && one < 5_940).length },
    { band: "6", n: mhz.filter((one) => one >= 5_940).length },
  ];
  return bands.filter(({ n }) => n > 0);
}
