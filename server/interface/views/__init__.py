"""What the interface answers: frozen records beside those of `sweep.report`, turned into OpenAPI and TypeScript."""
