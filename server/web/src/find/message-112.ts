/** What is told to 112 of a find, aloud and as a text message. Pure. */
import type { LocalText } from "../api/types";
import { isoDay } from "../i18n/format";
import { englishAddress, personName } from "../i18n/korean";

/** What is said to 112, in Korean whatever the page speaks: the police read it. It says nothing that was not done yet. */
export function messageTo112(place: {
  readonly facility: string;
  readonly room: string;
  readonly address: string;
  readonly where: string;
  readonly who: string;
  readonly isClosed: boolean;
}): string {
  const spot = [place.facility, place.room, place.where.trim()].filter((part) => part !== "").join(" ");
  const address = place.address === "" ? "" : ` 주소: ${place.address}.`;
  const scene = place.isClosed ? "사람을 내보내고 문 앞을 지키고 있습니다." : "사람을 내보내는 중입니다.";
  return (
    `[불법촬영 의심 기기 신고] ${spot}.${address} 점검 중 카메라로 의심되는 물체를 발견했습니다. ` +
    `${scene} 물체에는 손대지 않습니다. 신고자: ${place.who}`
  );
}

/** The same in English, for whoever reads no Korean and sends it; `place`, `where` as English says them. */
export function meaningOf112(place: {
  readonly place: string;
  readonly address: string;
  readonly where: string;
  readonly who: string;
  readonly isClosed: boolean;
}): string {
  const spot = [place.place, place.where.trim()].filter((part) => part !== "").join(", ");
  const address = place.address === "" ? "" : ` Address: ${englishAddress(place.address)}.`;
  const scene = place.isClosed ? "The room is cleared and its door is guarded." : "The room is being cleared.";
  return (
    `Report of a suspected hidden camera: ${spot}.${address} An object that may be a camera was found during an ` +
    `inspection. ${scene} Nobody touches it. From: ${personName(place.who)}`
  );
}

/** Where a later sweep saw a thing, and where the one did that opened its case; either may be unknown. */
export function newestFirst(newest: LocalText | null, first: LocalText, opened: string): LocalText {
  if (newest === null || newest.ko === first.ko) return first;
  if (first.ko === "") return newest;
  const on = isoDay(new Date(opened));
  return { ko: `${newest.ko} (${on} 점검: ${first.ko})`, en: `${newest.en} (sweep of ${on}: ${first.en})` };
}

/** A text message to 112 with its words; `?&` is what both Android and iOS read. */
export function textLink(message: string): string {
  return `sms:112?&body=${encodeURIComponent(message)}`;
}
