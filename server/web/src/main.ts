import { mount } from "svelte";
import { registerSW } from "virtual:pwa-register";
import "leaflet/dist/leaflet.css";
import App from "./App.svelte";
import "./style/theme.css";
import "./style/base.css";
import "./style/cards.css";

const target = document.getElementById("app");
if (target !== null) mount(App, { target });

// Over plain http on a local network the browser offers no service worker; the page then simply is not kept.
if ("serviceWorker" in navigator) registerSW({ immediate: true });
