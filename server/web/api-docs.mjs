/**
 * The page that shows the interface's document: Swagger UI as it is published, and three files of our own.
 *
 * Input is the package `swagger-ui-dist` and `api-docs/`; output lies in `dist/`, after the page was built, so that no
 * phone keeps it for later. What changes with a release only lies under `assets/` and is compressed with the rest.
 */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";

const here = new URL("./", import.meta.url);
const from = new URL("node_modules/swagger-ui-dist/", here);
const { version } = JSON.parse(await readFile(new URL("package.json", from), "utf8"));
const to = new URL(`dist/assets/swagger-ui-${version}/`, here);
await mkdir(to, { recursive: true });
for (const name of [
  "swagger-ui-bundle.js",
  "swagger-ui-bundle.js.LICENSE.txt",
  "swagger-ui.css",
  "LICENSE",
  "NOTICE",
]) {
  await cp(new URL(name, from), new URL(name, to));
}
await cp(new URL("api-docs/", here), new URL("dist/api-docs/", here), { recursive: true });
const index = await readFile(new URL("api-docs/index.html", here), "utf8");
await writeFile(new URL("dist/api-docs/index.html", here), index.replaceAll("{version}", version));
