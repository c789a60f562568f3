/** Bluetooth transmitters: adverts and what a device is. */
import { text } from "../text";

export const ble = {
  transmitter_ble: text("블루투스 송신기 {tag}", "Bluetooth transmitter {tag}"),
  transmitter_reason_camera_hint: text("카메라 제품군(참고용)", "Camera product family (a hint)"),
  transmitter_column_adverts: text("받은 신호", "Adverts"),
  transmitter_kind: text("종류", "Kind"),
  transmitter_kind_camera_hint: text("카메라 제품군", "Camera product family"),
  transmitter_kind_tracker: text("위치 추적 태그", "Tracker tag"),
  transmitter_kind_phone: text("휴대전화", "Phone"),
  transmitter_kind_watch: text("시계", "Watch"),
  transmitter_kind_headphones: text("이어폰·헤드폰", "Headphones"),
  transmitter_kind_computer: text("컴퓨터", "Computer"),
  transmitter_kind_beacon: text("비콘", "Beacon"),
  transmitter_kind_sensor: text("센서", "Sensor"),
  transmitter_kind_media: text("음향·영상 기기", "Media device"),
  transmitter_kind_unknown: text("종류 모름", "Kind unknown"),
  transmitter_company: text("신호에 적힌 회사", "Company it names"),
  transmitter_company_none: text("적혀 있지 않음", "None"),
  transmitter_adverts_count: text("{n}번", "{n}"),
} as const;
