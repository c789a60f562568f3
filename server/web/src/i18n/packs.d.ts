/** The words of one language each, which the build picks out of messages.ts. */
declare module "virtual:words/ko" {
  const words: Readonly<Record<import("./messages").MessageKey, string>>;
  export default words;
}

declare module "virtual:words/en" {
  const words: Readonly<Record<import("./messages").MessageKey, string>>;
  export default words;
}
