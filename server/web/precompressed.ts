/**
 * A copy of each script and style, compressed as far as Brotli goes.
 *
 * Input is what was written to the output folder's `assets/`; output is `NAME.br` beside each, which the server hands to a
 * browser that takes it. What is compressed anew for every request has no time for more than a quick look.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import type { Plugin } from "vite";

const compress = promisify(brotliCompress);
const TEXT = /\.(js|css)$/;

export function precompressed(): Plugin {
  return {
    name: "precompressed",
    apply: "build",
    async writeBundle({ dir = "dist" }) {
      const folder = join(dir, "assets");
      const names = (await readdir(folder)).filter((name) => TEXT.test(name));
      await Promise.all(
        names.map(async (name) => {
          const plain = await readFile(join(folder, name));
          const params = { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
          await writeFile(join(folder, `${name}.br`), await compress(plain, { params }));
        }),
      );
    },
  };
}
