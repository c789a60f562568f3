/** Of the page as a whole: its name, navigation and the errors made on the phone; the server's own come in both languages. */
import { text } from "../text";

export const app = {
  app_name: text("안심 스윕", "Ansim Sweep"),
  skip_to_content: text("본문으로 건너뛰기", "Skip to content"),
  back: text("뒤로", "Back"),
  close: text("닫기", "Close"),
  retry: text("다시 시도", "Try again"),
  loading: text("불러오는 중", "Loading"),
  nav_label: text("주요 메뉴", "Main menu"),
  nav_desk: text("업무", "Desk"),
  nav_rooms: text("시설", "Rooms"),
  nav_live: text("점검 중", "Live"),
  nav_exports: text("내보내기", "Exports"),
  nav_settings: text("설정", "Settings"),
  error_network: text(
    "서버에 닿지 않습니다. 연결을 확인하고 다시 시도하십시오.",
    "The server cannot be reached. Check the connection and try again.",
  ),
  error_unreadable: text(
    "서버의 답을 읽을 수 없습니다 (상태 {status}).",
    "The server's answer cannot be read (status {status}).",
  ),
  error_title: text("불러오지 못했습니다", "Could not load"),
  page_not_found: text("그런 화면이 없습니다.", "There is no such page."),
} as const;
