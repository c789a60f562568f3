import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

export default ts.config(
  { ignores: ["dist/", "dev-dist/", "src/api/schema.d.ts"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: globals.browser },
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      // Text from the air is hostile: it reaches the page as text nodes only.
      "svelte/no-at-html-tags": "error",
      // {" · "} keeps the space that Svelte would trim.
      "svelte/no-useless-mustaches": "off",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Set textContent: names from the air are hostile." },
        { property: "outerHTML", message: "Set textContent: names from the air are hostile." },
        { property: "insertAdjacentHTML", message: "Set textContent: names from the air are hostile." },
      ],
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig } },
  },
  { files: ["public/*.js"], languageOptions: { globals: globals.serviceworker } },
  { files: ["*.js", "*.config.ts"], languageOptions: { globals: globals.node } },
);
