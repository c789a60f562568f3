/** What stands behind the question mark of an address of the page. */
export const queryOf = (hash: string): URLSearchParams => new URLSearchParams(hash.split("?")[1] ?? "");

/** With this value of a name; an empty one is left out. */
export function changed(query: URLSearchParams, name: string, value: string): URLSearchParams {
  const made = new URLSearchParams(query);
  if (value === "") made.delete(name);
  else made.set(name, value);
  return made;
}

export const written = (values: Readonly<Record<string, string>>): string => new URLSearchParams(values).toString();
