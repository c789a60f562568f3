import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { oneLanguage, pageFirst } from "./one-language";

// Everything the page needs comes from its own server: no inline script or style, no data: addresses, nothing foreign.
export default defineConfig({
  plugins: [
    svelte(),
    oneLanguage(),
    pageFirst("src/App.svelte"),
    VitePWA({
      // A new version takes over when the page is opened next, never in the middle of a sweep.
      registerType: "prompt",
      injectRegister: false,
      includeAssets: ["icon.svg"],
      manifest: {
        name: "안심 스윕",
        short_name: "안심 스윕",
        description: "공중화장실 불법촬영기기 점검 기록",
        lang: "ko",
        display: "standalone",
        orientation: "portrait",
        start_url: "/",
        background_color: "#ffffff",
        theme_color: "#12302f",
        icons: [
          { src: "icon-192.png", sizes: "192x192", type: "image/png" },
          { src: "icon-512.png", sizes: "512x512", type: "image/png", purpose: "any maskable" },
          { src: "icon.svg", sizes: "any", type: "image/svg+xml" },
        ],
      },
      // The shell only: answers of the API, and so evidence, are never kept by the service worker.
      workbox: {
        importScripts: ["push.js"],
        globPatterns: ["**/*.{js,css,html,svg,png,txt}"],
        navigateFallback: "index.html",
        navigateFallbackDenylist: [/^\/api\//],
      },
    }),
  ],
  build: {
    license: { fileName: "licenses.txt" },
    target: ["es2022", "chrome107", "safari16"],
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
    // What each page needs, each room or sweep, or each of the desk, comes as one file: a file of a hundred letters costs
    // a kilobyte on the way, and a browser asks for six at a time.
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            {
              name: "Desk",
              test: /\/src\/desk\/(Desk|DeskMenu|DeskPage|Act|Keys|keys|places|moments|cases|case-state|chosen|Counts|filters)\./,
            },
            { name: "registers", test: /\/src\/registers\// },
            {
              name: "first",
              test: /\/src\/(app\/(query|resource|router|turns)|i18n\/(format|glossary|speaker)|live\/(day|started)|parts\/(Failure|Icon|Loading|icons)|sweep\/modalities|today\/bag)\./,
            },
            {
              name: "room",
              test: /\/src\/(walls\/\w+|map\/(SweepMap|drawing|fixtures|placing|shading)|sweep\/(ZoneSheet|chance|naming|transmitters)|parts\/(InTurn|VerdictMark))\./,
            },
          ],
        },
      },
    },
  },
});
