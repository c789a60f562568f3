/**
 * The two persons beside the bench: the next card, one button, the picture just taken.
 *
 * Input is `GET /api/state`, asked again and again; a press asks for a declaration, a clip, a clip again, or a stop.
 * What stands on the card besides its number, place and wall is the setter's: the page is never told.
 */
const WORDS = {
  ko: {
    left: (done, one) => `${one.count}개 중 ${done}개 녹화 · ${one.left}개 남음`,
    time: (minutes) => (minutes < 60 ? ` · 약 ${minutes}분` : ` · 약 ${Math.floor(minutes / 60)}시간 ${minutes % 60}분`),
    next: "다음 카드",
    number: (number) => `${number}번`,
    place: (range) => `거리 ${range} m`,
    walls: { "glossy tile": "유광 타일", "matt tile": "무광 타일", "painted board": "칠한 판" },
    lit: "방의 전등 켜짐",
    go: "녹화",
    goWhy: (number) => `카드가 ${number}번일 때만 누르십시오.`,
    filming: "녹화 중",
    filmingWhy: "장비의 초록 조준광이 켜져 있습니다. 장비를 옆으로 5 cm쯤 천천히 움직이십시오.",
    declare: "두 사람이 확인함",
    declareWhy: (by) => `${by[0]}, ${by[1]}: 이 방에 다른 사람이 없고 문이 닫혀 있습니다. 15분 동안 유효합니다.`,
    holds: (minutes) => `확인이 ${minutes}분 남았습니다.`,
    stop: "사람 들어옴 – 즉시 중지",
    taken: (one) => `방금: ${one.number}번${one.tries > 1 ? `, ${one.tries}번째 녹화` : ""}`,
    look: (one) => `${one.clip}의 한 장면`,
    again: "다시",
    againTitle: (number) => `${number}번을 다시 녹화`,
    againHow: "기술적인 사유가 있을 때만 다시 녹화합니다. 먼저 것도 남습니다.",
    reasons: {
      "dropped frames": "프레임 빠짐",
      "lamp off": "램프 꺼짐",
      "camera moved": "장비가 크게 움직임",
      "thing moved": "물체가 움직임",
    },
    other: "다른 사유",
    againGo: "이 사유로 다시 녹화",
    close: "취소",
    done: "모두 녹화했습니다. 배치한 사람이 자기 컴퓨터에서 sweep bench mark로 이어서 하십시오.",
    pair: "휴대전화 연결",
    pairHow: "장비의 터미널에 나온 여섯 자리 번호를 입력하십시오.",
    pairGo: "연결",
    code: "연결 번호",
    missing: "녹화할 수 없음",
    lost: "장비에 닿지 않습니다. 같은 네트워크인지, sweep bench record가 켜져 있는지 보십시오.",
    notStopped: "멈추지 못했습니다. 렌즈를 가리고 전원 플러그를 뽑으십시오.",
  },
  en: {
    left: (done, one) => `${done} of ${one.count} recorded · ${one.left} left`,
    time: (minutes) => (minutes < 60 ? ` · about ${minutes} min` : ` · about ${Math.floor(minutes / 60)} h ${minutes % 60} min`),
    next: "Next card",
    number: (number) => `No. ${number}`,
    place: (range) => `Distance ${range} m`,
    walls: { "glossy tile": "Glossy tile", "matt tile": "Matt tile", "painted board": "Painted board" },
    lit: "The room's light is on",
    go: "Record",
    goWhy: (number) => `Only while the card says ${number}.`,
    filming: "Recording",
    filmingWhy: "The green aiming light is on. Move the probe sideways slowly, by about 5 cm.",
    declare: "Both confirm",
    declareWhy: (by) => `${by[0]}, ${by[1]}: nobody else is in this room, and its door is closed. Holds for 15 minutes.`,
    holds: (minutes) => `Confirmed for ${minutes} more min.`,
    stop: "Somebody came in – stop",
    taken: (one) => `Just taken: no. ${one.number}${one.tries > 1 ? `, take ${one.tries}` : ""}`,
    look: (one) => `A frame of ${one.clip}`,
    again: "Again",
    againTitle: (number) => `Record no. ${number} again`,
    againHow: "For a technical reason only. The earlier clip is kept.",
    reasons: {
      "dropped frames": "Dropped frames",
      "lamp off": "Lamp off",
      "camera moved": "Probe moved too far",
      "thing moved": "Thing moved",
    },
    other: "Another reason",
    againGo: "Record again",
    close: "Cancel",
    done: "All are recorded. The setter goes on with sweep bench mark.",
    pair: "Connect this phone",
    pairHow: "Type the six digits that the probe's terminal shows.",
    pairGo: "Connect",
    code: "Code",
    missing: "Cannot record",
    lost: "The probe cannot be reached. Same network? Is sweep bench record running?",
    notStopped: "NOT stopped: cover the lens and pull the plug.",
  },
};
const language = navigator.language.startsWith("ko") ? "ko" : "en";
const t = WORDS[language];
const EVERY_MS = { filming: 700, else: 2500 };
const ANSWER_MS = 2000;
/** What was told that long ago is shown grey: it may be otherwise by now. */
const STALE_MS = 5000;
const $ = (id) => document.getElementById(id);

/** What the bench said last and when, the wall that is chosen for which card, why a press was refused, and whether a code is wanted. */
const state = { told: null, wall: null, card: null, because: null, refused: null, wantsCode: false, timer: 0, heard: 0 };

async function ask(path, method = "GET", body = undefined) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { "x-ansim-bench": "1" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  } catch {
    throw new Error(t.lost);
  }
  if (answer.status === 204) return {};
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 401) state.wantsCode = true;
  if (!answer.ok) throw new Error(told.error?.[language] ?? `${answer.status}`);
  return told;
}

/** Do it and draw what came of it, or say what went wrong; what a press led to is said until the next press. */
function safely(work, isPress = true) {
  return async (...about) => {
    clearTimeout(state.timer);
    if (isPress) state.refused = null;
    let lost = null;
    try {
      const told = await work(...about);
      if (told?.count !== undefined) {
        state.told = told;
        state.heard = performance.now();
      }
    } catch (error) {
      if (isPress) state.refused = error.message;
      else if (!state.wantsCode) lost = error.message;
    }
    say(state.refused ?? lost ?? state.told?.said?.[language] ?? "");
    draw();
    clearTimeout(state.timer);
    state.timer = setTimeout(look, state.told?.is_filming ? EVERY_MS.filming : EVERY_MS.else);
  };
}

/** The same words again are no news to a screen reader. */
function say(text) {
  if ($("said").textContent !== text) $("said").textContent = text;
}

const told = () => (state.wantsCode ? undefined : ask("/api/state"));
const look = safely(told, false);

function draw() {
  document.body.dataset.ready = "true";
  drawStale();
  $("pair").hidden = !state.wantsCode;
  $("progress").hidden = state.wantsCode || state.told === null;
  for (const id of ["card", "taken"]) $(id).hidden = true;
  $("go").disabled = false;
  $("go").classList.remove("busy");
  $("why").textContent = "";
  if (state.wantsCode) {
    $("parts").replaceChildren();
    $("go").textContent = t.pairGo;
    $("go").disabled = $("code").value.length !== 6;
    return;
  }
  const one = state.told;
  $("go").hidden = one === null;
  if (one === null) return;
  drawProgress(one);
  drawCard(one);
  drawTaken(one);
  drawParts(one);
  drawButtons(one);
}

function drawProgress(one) {
  $("bar").max = one.count;
  $("bar").value = one.count - one.left;
  const time = one.minutes_left === null || one.left === 0 ? "" : t.time(one.minutes_left);
  $("left").textContent = t.left(one.count - one.left, one) + time;
}

function drawCard(one) {
  const { card } = one;
  $("card").hidden = card === null;
  if (card === null) return;
  if (state.card !== card.number) {
    state.card = card.number;
    state.wall = card.background;
    $("is-lit").checked = card.is_light_on;
  }
  $("number").textContent = t.number(card.number);
  $("place").textContent = t.place(card.range_m);
  $("walls").replaceChildren(
    ...one.walls.map((wall) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: t.walls[wall] });
      button.ariaPressed = String(wall === state.wall);
      button.onclick = () => {
        state.wall = wall;
        draw();
      };
      return button;
    }),
  );
}

function drawTaken(one) {
  $("taken").hidden = one.last === null;
  if (one.last === null) return;
  const source = `/api/look.png?${one.last.clip}`;
  if (!$("look").src.endsWith(source)) $("look").src = source;
  $("look").alt = t.look(one.last);
  $("taken-what").textContent = t.taken(one.last);
  $("again").disabled = one.is_filming || one.declared_s === 0 || lacking(one).length > 0;
}

const lacking = (one) => one.parts.filter((part) => part.state !== "ok" && part.state !== "unknown");

function drawParts(one) {
  $("parts").replaceChildren(
    ...lacking(one).map((part) => {
      const row = document.createElement("li");
      const name = Object.assign(document.createElement("b"), { textContent: `${part.title[language]}: ` });
      const what = [part.found, part.advice].filter((text) => text !== null).map((text) => text[language]);
      row.append(name, what.join(" – "));
      return row;
    }),
  );
}

function drawButtons(one) {
  const go = $("go");
  if (one.is_filming) {
    $("reasons").close(); // it would cover what stops
    go.textContent = t.filming;
    go.disabled = true;
    go.classList.add("busy");
    $("why").textContent = t.filmingWhy;
  } else if (lacking(one).length > 0) {
    go.textContent = t.missing;
    go.disabled = true;
  } else if (one.declared_s === 0) {
    go.textContent = t.declare;
    $("why").textContent = `${one.card === null ? `${t.done} ` : ""}${t.declareWhy(one.declared_by)}`;
  } else if (one.card === null) {
    go.hidden = true;
    $("why").textContent = t.done;
  } else {
    go.textContent = t.go;
    $("why").textContent = `${t.goWhy(one.card.number)} ${t.holds(Math.ceil(one.declared_s / 60))}`;
  }
}

async function press() {
  const one = state.told;
  if (state.wantsCode) {
    await ask("/api/pair", "POST", { code: $("code").value });
    state.wantsCode = false;
    $("code").value = "";
    return ask("/api/state");
  }
  if (one.declared_s === 0) return ask("/api/declare", "POST");
  const { number } = one.card;
  return ask("/api/record", "POST", { number, background: state.wall, is_light_on: $("is-lit").checked });
}

/** Whoever presses it is told in both languages where it has not come through. */
async function stop() {
  try {
    await ask("/api/stop", "POST");
  } catch {
    throw new Error(`${WORDS.ko.notStopped} ${WORDS.en.notStopped}`);
  }
  return told();
}

function drawStale() {
  document.body.classList.toggle("stale", state.told !== null && performance.now() - state.heard > STALE_MS);
}

function drawReasons() {
  const { last, reasons } = state.told;
  $("reasons-title").textContent = t.againTitle(last.number);
  $("reasons-known").replaceChildren(
    ...reasons.map((reason) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: t.reasons[reason] });
      button.ariaPressed = String(reason === state.because);
      button.onclick = () => {
        state.because = reason;
        $("other").value = "";
        drawReasons();
      };
      return button;
    }),
  );
  $("reasons-go").disabled = state.because === null;
}

$("go").onclick = safely(press);
$("stop").onclick = safely(stop);
$("code").oninput = draw;
$("pair").onsubmit = (event) => {
  event.preventDefault();
  if (!$("go").disabled) $("go").click();
};
$("again").onclick = () => {
  state.because = null;
  $("other").value = "";
  drawReasons();
  $("reasons").showModal();
};
$("other").oninput = () => {
  state.because = $("other").value.trim() || null;
  drawReasons();
};
$("reasons-no").onclick = () => $("reasons").close();
$("reasons-go").onclick = safely(() => {
  $("reasons").close();
  return ask("/api/again", "POST", { because: state.because });
});

document.documentElement.lang = language;
$("pair-title").textContent = t.pair;
$("pair-how").textContent = t.pairHow;
$("code").ariaLabel = t.code;
$("card-title").textContent = t.next;
$("light").lastElementChild.textContent = t.lit;
$("again").textContent = t.again;
$("stop").textContent = t.stop;
$("reasons-how").textContent = t.againHow;
$("reasons-other").firstElementChild.textContent = t.other;
$("reasons-go").textContent = t.againGo;
$("reasons-no").textContent = t.close;
setInterval(drawStale, 1000);
look();
