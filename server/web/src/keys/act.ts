/** Does something to a key and says what came of it; true when it was done. */
export type Act = (work: () => Promise<string>) => Promise<boolean>;
