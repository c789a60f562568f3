/** Words of the page of links, which come with that page and not with the desk's first load. */
import { speaker } from "../i18n/speaker";
import { signOnWords } from "./sign-on-words";

export const say = speaker(signOnWords);
