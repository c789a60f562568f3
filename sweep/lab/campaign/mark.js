/**
 * What was in each clip: the setter points at it once, sees it carried through the other frames, and corrects what slid.
 *
 * Input are the clips of the field test; output is what `PUT …/truth` keeps.  A picture is drawn at its own pixels, so
 * that a mark lies at a pixel of the camera whatever the window's size.
 */
const WORDS = {
  ko: {
    clips: "녹화 목록",
    lens: (one) => `${one.name} – ${one.thing}, ${one.range_m} m, ${one.angle_deg}°`,
    point: "렌즈 한가운데를 누르십시오.",
    pointThing: "물체를 누르십시오. 여러 개면 하나씩 더하십시오.",
    check: "다른 장면에서도 맞는지 보고, 어긋난 곳은 다시 누르십시오(←, → 장면 이동, Enter 저장).",
    frame: (number) => `${number}번 장면`,
    object: (number) => `${number}번째`,
    more: "하나 더",
    seen: "대부분의 장면에서 시야 안에 있음",
    radius: "물체의 반지름(px, 모르면 0)",
    undo: "되돌리기",
    forget: "표시 지우기",
    keep: "저장하고 다음",
    kept: (name) => `${name} 저장했습니다.`,
    taken: (name) => `${name} 표시를 지웠습니다. 되돌리고 저장하면 다시 남습니다.`,
    all: (name) => `${name} 저장했습니다. 모두 표시했습니다. 다음: sweep lens-score`,
    left: (count) => `아직 녹화하지 않은 배치 ${count}개`,
    none: "녹화가 없습니다. 먼저 sweep bench record로 녹화하십시오.",
    lost: "서버에 닿지 않습니다. sweep bench mark가 켜져 있는지 보십시오.",
    marked: "표시함",
    unsaved: "저장 전",
    open: "표시 전",
  },
  en: {
    clips: "Clips",
    lens: (one) => `${one.name} – ${one.thing}, ${one.range_m} m, ${one.angle_deg}°`,
    point: "Click the middle of the lens.",
    pointThing: "Click the thing; add one after the other where there are several.",
    check: "See whether it holds in the other frames; click again where it slid (←, → frames, Enter saves).",
    frame: (number) => `Frame ${number}`,
    object: (number) => `No. ${number}`,
    more: "One more",
    seen: "In line of sight in most frames",
    radius: "Radius of the thing (px; 0: unknown)",
    undo: "Undo",
    forget: "Delete the marks",
    keep: "Save and next",
    kept: (name) => `${name} saved.`,
    taken: (name) => `The marks of ${name} are gone; undo and save bring them back.`,
    all: (name) => `${name} saved. All are marked; next: sweep lens-score`,
    left: (count) => `${count} set-ups are not recorded yet`,
    none: "There are no clips. Record with sweep bench record first.",
    lost: "The server cannot be reached. Is sweep bench mark running?",
    marked: "marked",
    unsaved: "not saved",
    open: "not marked",
  },
};
const language = navigator.language.startsWith("ko") ? "ko" : "en";
const t = WORDS[language];
const ZOOM = 6;
const $ = (id) => document.getElementById(id);
const picture = $("picture");
const loupe = $("loupe");

/** Clips, the open one, its objects with their marks and places, the frame and object that are shown. */
const state = { clips: [], left: 0, name: null, clip: null, objects: [], frame: 0, object: 0, images: new Map(), past: [] };

/** What was marked in other clips and not saved, by clip: it is there when the clip is opened again. */
const drafts = new Map();

async function ask(path, method = "GET", body = undefined) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { "x-ansim-bench": "1" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error(t.lost);
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error?.[language] ?? `${answer.status}`);
  return told;
}

/** Do it, and say what went wrong instead of stopping silently. */
function safely(work) {
  return (...about) => {
    Promise.resolve(work(...about)).catch((error) => {
      $("said").textContent = error.message;
    });
  };
}

const listed = () => state.clips.find((one) => one.name === state.name);
const shown = () => state.clip.frames[state.frame];

async function load() {
  ({ clips: state.clips, left: state.left } = await ask("/api/clips"));
  const next = state.clips.find((one) => !one.is_marked) ?? state.clips[0];
  if (next === undefined) {
    drawList();
    $("what").textContent = t.none;
    document.body.dataset.ready = "true";
    return;
  }
  await open(next.name);
}

async function open(name) {
  if (state.past.length > 0) drafts.set(state.name, { objects: state.objects, object: state.object, past: state.past });
  const clip = await ask(`/api/clips/${name}`);
  const before = clip.objects.map((one) => ({ ...one, places: {} }));
  const saved = { objects: before.length === 0 ? [fresh()] : before, object: 0, past: [] };
  Object.assign(state, { name, clip }, drafts.get(name) ?? saved);
  drafts.delete(name);
  state.images.clear();
  state.frame = state.clip.frames.length - 1;
  for (const one of state.objects) await carry(one);
  picture.width = state.clip.width;
  picture.height = state.clip.height;
  fit();
  $("what").focus({ preventScroll: true });
  await draw();
}

const fresh = () => ({ marks: {}, in_line_of_sight: true, radius_px: 0, places: {} });

async function carry(one) {
  const { marks, in_line_of_sight, radius_px } = one;
  one.places =
    Object.keys(marks).length === 0
      ? {}
      : (await ask(`/api/clips/${state.name}/places`, "POST", { marks, in_line_of_sight, radius_px })).places;
}

async function image(frame) {
  const known = state.images.get(frame);
  if (known !== undefined) return known;
  const made = new Image();
  made.src = `/api/clips/${state.name}/frames/${frame}.png`;
  await made.decode();
  state.images.set(frame, made);
  return made;
}

/** As large as the window lets it be. */
function fit() {
  const { clientWidth, clientHeight } = $("view");
  const scale = Math.min(clientWidth / picture.width, clientHeight / picture.height);
  picture.style.width = `${Math.floor(picture.width * scale)}px`;
}
new ResizeObserver(fit).observe($("view"));

async function draw() {
  drawWords();
  drawList();
  drawButtons();
  await drawPicture();
}

function drawWords() {
  const one = listed();
  const object = state.objects[state.object];
  const isMarked = Object.keys(object.marks).length > 0;
  $("what").textContent = t.lens(one);
  $("how").textContent = isMarked ? t.check : one.is_lens ? t.point : t.pointThing;
  $("in-view").checked = object.in_line_of_sight;
  $("radius").value = object.radius_px;
  $("seen").hidden = !one.is_lens;
  $("undo").disabled = state.past.length === 0;
  $("forget").disabled = !one.is_marked;
  $("keep").disabled = state.objects.every((each) => Object.keys(each.marks).length === 0);
}

async function drawPicture() {
  const frame = shown();
  const drawn = await image(frame);
  if (frame !== shown()) return;
  const context = picture.getContext("2d");
  context.drawImage(drawn, 0, 0);
  const wide = Math.max(1, picture.width / 500);
  state.objects.forEach((each, index) => {
    const place = each.places[frame];
    if (place === undefined) return;
    const isOwn = frame in each.marks;
    context.lineWidth = wide * (index === state.object ? 1.6 : 0.8);
    context.strokeStyle = isOwn ? "#ffd54a" : "#4be3d4";
    context.setLineDash(isOwn ? [] : [4 * wide, 3 * wide]);
    context.beginPath();
    context.arc(place[0] + 0.5, place[1] + 0.5, each.radius_px || 8 * wide, 0, 7);
    context.stroke();
  });
  context.setLineDash([]);
  magnify();
  document.body.dataset.ready = "true";
}

function drawList() {
  const marked = state.clips.filter((one) => one.is_marked).length;
  $("clips").replaceChildren(
    Object.assign(document.createElement("p"), { textContent: `${marked} / ${state.clips.length}` }),
    ...state.clips.map((one) => {
      const button = document.createElement("button");
      const small = document.createElement("small");
      small.textContent = `${one.thing} · ${one.range_m} m`;
      const dot = document.createElement("span");
      dot.textContent = drafts.has(one.name) ? "◐" : one.is_marked ? "●" : "○";
      dot.title = drafts.has(one.name) ? t.unsaved : one.is_marked ? t.marked : t.open;
      button.append(dot, one.name, small);
      button.ariaLabel = `${one.name}, ${small.textContent}, ${dot.title}`;
      button.ariaCurrent = String(one.name === state.name);
      button.onclick = safely(() => open(one.name));
      return button;
    }),
    ...(state.left > 0 ? [Object.assign(document.createElement("p"), { textContent: t.left(state.left) })] : []),
  );
  $("clips").querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function pressed(text, isOn, act) {
  const button = Object.assign(document.createElement("button"), { textContent: text, type: "button" });
  button.ariaPressed = String(isOn);
  button.onclick = safely(act);
  return button;
}

function drawButtons() {
  const object = state.objects[state.object];
  $("frames").replaceChildren(
    ...state.clip.frames.map((frame, index) => {
      const button = pressed(`${index + 1}${frame in object.marks ? " ●" : ""}`, index === state.frame, () => {
        state.frame = index;
        return draw();
      });
      button.ariaLabel = t.frame(index + 1);
      return button;
    }),
  );
  $("frames").querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (listed().is_lens) {
    $("objects").replaceChildren();
    return;
  }
  $("objects").replaceChildren(
    ...state.objects.map((_, index) =>
      pressed(t.object(index + 1), index === state.object, () => {
        state.object = index;
        return draw();
      }),
    ),
    pressed(t.more, false, () => {
      remember();
      state.objects.push(fresh());
      state.object = state.objects.length - 1;
      return draw();
    }),
  );
}

/** The camera's pixel under the pointer; centres are at integers. */
function pixel(event) {
  const box = picture.getBoundingClientRect();
  return [
    ((event.clientX - box.left) / box.width) * picture.width - 0.5,
    ((event.clientY - box.top) / box.height) * picture.height - 0.5,
  ].map((value, axis) => Math.min(Math.max(value, 0), (axis === 0 ? picture.width : picture.height) - 1));
}

function remember() {
  state.past.push(structuredClone({ objects: state.objects, object: state.object }));
}

async function mark(at) {
  remember();
  const object = state.objects[state.object];
  object.marks[shown()] = at.map((value) => Math.round(value * 10) / 10);
  object.places = { ...object.places, [shown()]: object.marks[shown()] };
  await draw();
  await carry(object);
  await draw();
}

/** Where the pointer is in the picture; null: elsewhere. */
let pointed = null;

function magnify() {
  const drawn = state.clip === null ? undefined : state.images.get(shown());
  loupe.hidden = drawn === undefined || pointed === null;
  if (loupe.hidden) return;
  const [x, y] = pointed;
  const side = loupe.width / ZOOM;
  const context = loupe.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.fillRect(0, 0, loupe.width, loupe.height);
  context.drawImage(drawn, x + 0.5 - side / 2, y + 0.5 - side / 2, side, side, 0, 0, loupe.width, loupe.height);
  context.strokeStyle = "#ffd54a";
  context.strokeRect(loupe.width / 2 - ZOOM / 2, loupe.height / 2 - ZOOM / 2, ZOOM, ZOOM);
  loupe.classList.toggle("left", x > picture.width / 2);
}
picture.onpointermove = (event) => {
  pointed = pixel(event);
  magnify();
};
picture.onpointerleave = () => {
  pointed = null;
  magnify();
};
picture.onpointerup = safely((event) => (state.clip === null ? undefined : mark(pixel(event))));
$("in-view").onchange = () => {
  remember();
  state.objects[state.object].in_line_of_sight = $("in-view").checked;
};
$("radius").onchange = safely(() => {
  remember();
  state.objects[state.object].radius_px = Math.min(Math.max(Number($("radius").value) || 0, 0), 500);
  drawWords(); // not the buttons: one of them may be under the hand that ended the typing
  return drawPicture();
});
$("undo").onclick = safely(async () => {
  const before = state.past.pop();
  if (before !== undefined) Object.assign(state, before);
  await draw();
});
$("forget").onclick = safely(async () => {
  await ask(`/api/clips/${state.name}/truth`, "DELETE");
  listed().is_marked = false;
  remember();
  state.objects = [fresh()];
  state.object = 0;
  $("said").textContent = t.taken(state.name);
  await draw();
});
addEventListener("beforeunload", (event) => {
  if (state.past.length > 0 || drafts.size > 0) event.preventDefault();
});
$("keep").onclick = safely(async () => {
  const objects = state.objects
    .filter((one) => Object.keys(one.marks).length > 0)
    .map(({ marks, in_line_of_sight, radius_px }) => ({ marks, in_line_of_sight, radius_px }));
  const name = state.name;
  await ask(`/api/clips/${name}/truth`, "PUT", { objects });
  listed().is_marked = true;
  state.past = [];
  const next = state.clips.find((one) => !one.is_marked);
  $("said").textContent = next === undefined ? t.all(name) : t.kept(name);
  await (next === undefined ? draw() : open(next.name));
});
addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLInputElement || state.clip === null) return;
  if (event.key === "ArrowLeft" && state.frame > 0) state.frame -= 1;
  else if (event.key === "ArrowRight" && state.frame < state.clip.frames.length - 1) state.frame += 1;
  else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement) && !$("keep").disabled) return $("keep").click();
  else if (event.key === "z" && (event.ctrlKey || event.metaKey)) return $("undo").click();
  else return undefined;
  safely(draw)();
  return undefined;
});

document.documentElement.lang = language;
$("clips").ariaLabel = t.clips;
$("seen").lastElementChild.textContent = t.seen;
$("size").firstElementChild.textContent = t.radius;
$("undo").textContent = t.undo;
$("forget").textContent = t.forget;
$("keep").textContent = t.keep;
safely(load)();
