/**
 * A text with its {placeholders} filled in; of `{n} [room|rooms]`, which English has, the form that the number asks for.
 * So does sweep/phrases.py.
 */
export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text
    .replace(
      /(\{(\w+)\}[^{}[\]|]*)\[([^[\]|]*)\|([^[\]|]*)\]/g,
      (_, before: string, name: string, one: string, several: string) =>
        before + (String(values[name]) === "1" ? one : several),
    )
    .replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
