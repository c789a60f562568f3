/* global SwaggerUIBundle */
/* Shows this server's own document. It is for reading: nothing is sent from here, and nobody else is asked about it. */
SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#document",
  validatorUrl: null,
  supportedSubmitMethods: [],
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  defaultModelsExpandDepth: -1,
  displayRequestDuration: false,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
