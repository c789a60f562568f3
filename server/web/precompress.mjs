/**
 * Each script and style that Vite built, compressed as far as Brotli goes.
 *
 * Input is `dist/assets/`; output is `NAME.br` in place of each, which the server hands to a browser that takes it, and
 * opens for any other. What is compressed anew for every request has no time for more than a quick look.
 */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const compress = promisify(brotliCompress);
const folder = new URL("./dist/assets/", import.meta.url);
const names = (await readdir(folder, { recursive: true })).filter((name) => /\.(js|css)$/.test(name));
for (const name of names) {
  const plain = await readFile(new URL(name, folder));
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  await writeFile(new URL(`${name}.br`, folder), await compress(plain, { params }));
  await rm(new URL(name, folder));
}
