/**
 * Two packs of words out of one typed table, and links to what the page needs first.
 *
 * Input is src/i18n/messages.ts; output are the modules `virtual:words/ko` and `virtual:words/en`, each with one
 * language. The entry is a few lines that load words and page side by side; index.html names the page's own files, so that
 * a browser fetches them while it still reads the entry.
 */
import { runnerImport, type Plugin } from "vite";

const NAME = /^\0?virtual:words\/(ko|en)$/;
const TABLE = new URL("./src/i18n/messages.ts", import.meta.url).pathname;

interface Table {
  readonly messages: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function oneLanguage(): Plugin {
  return {
    name: "one-language",
    resolveId: (id) => (NAME.test(id) ? `\0${id}` : undefined),
    async load(id) {
      const language = NAME.exec(id)?.[1];
      if (language === undefined) return undefined;
      const { module, dependencies } = await runnerImport<Table>(TABLE, { configFile: false });
      for (const file of dependencies) this.addWatchFile(file);
      const words = Object.entries(module.messages).map(([key, text]) => [key, text[language]]);
      return `export default ${JSON.stringify(Object.fromEntries(words))};`;
    },
  };
}

/** Links in index.html to the page's chunk, those it imports, and their styles. */
export function pageFirst(entry: string): Plugin {
  return {
    name: "page-first",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle }) {
        if (bundle === undefined) return [];
        const chunks = Object.values(bundle).flatMap((one) => (one.type === "chunk" ? [one] : []));
        const page = chunks.find((chunk) => chunk.facadeModuleId?.endsWith(entry));
        if (page === undefined) throw new Error(`no chunk of ${entry}`);
        const needed = [page.fileName, ...page.imports];
        const isNew = (file: string) => !html.includes(file);
        const styles = chunks.flatMap((one) =>
          needed.includes(one.fileName) ? [...(one.viteMetadata?.importedCss ?? [])] : [],
        );
        return [
          ...needed.filter(isNew).map((file) => ({
            tag: "link",
            attrs: { rel: "modulepreload", crossorigin: true, href: `/${file}` },
            injectTo: "head" as const,
          })),
          ...[...new Set(styles)].filter(isNew).map((file) => ({
            tag: "link",
            attrs: { rel: "stylesheet", crossorigin: true, href: `/${file}` },
            injectTo: "head" as const,
          })),
        ];
      },
    },
  };
}
