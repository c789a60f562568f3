"""The numbers on the pictures of the probe: what each stands for, in Korean first.

Job: one list for `render.py`, which draws the numbers, and for the documents, which explain them. Names are those of
`layout.contents()` and of the exported parts.
"""

CALLS: tuple[tuple[str, str, str], ...] = (
    ("front_plate", "앞판", "front plate"),
    ("cap", "렌즈 마개", "lens cap"),
    ("ring board", "축상 램프 기판", "ring board, on-axis lamps"),
    ("left bar", "축외 램프 기판(왼쪽)", "two bars, off-axis lamps"),
    ("diffuser", "확산판", "diffuser"),
    ("light_box", "백색광 상자", "light box"),
    ("white board", "백색 램프 기판", "white board"),
    ("camera", "카메라와 렌즈", "camera with lens"),
    ("camera_bracket", "카메라 받침", "camera bracket"),
    ("aim_tube", "조준광 통", "aiming tube"),
    ("body", "몸통", "body"),
    ("carrier", "주 기판", "carrier"),
    ("pi", "라즈베리 파이", "Raspberry Pi"),
    ("converters", "PD 전원 변환기", "PD sinks and regulators"),
    ("log detector", "대수 검파기", "log detector"),
    ("tuner", "튜너", "tuner"),
    ("range sensor", "거리 센서(선택)", "optional range sensor"),
    ("lid", "뚜껑", "lid"),
    ("wifi", "와이파이 어댑터", "Wi-Fi adapter"),
    ("wifi_shell", "어댑터 덮개", "adapter's shell"),
    ("phone_foot", "휴대전화 받침", "foot of the phone clamp"),
    ("grip", "손잡이", "grip"),
    ("button", "중지 버튼", "stop button"),
    ("power button", "전원 버튼", "power button"),
    ("power bank", "보조배터리", "power bank"),
    ("door", "손잡이 덮개", "door"),
    ("thermal_plate", "열화상 자리 덮개", "plate over the thermal opening"),
    ("filter_seat", "필터 받침", "filter's seat"),
    ("wake_pad", "배터리 깨움 패드", "pad over the bank's button"),
)


def markdown() -> list[str]:
    """The legend, a part a line."""
    return [f"{number}. {ko} ({en})" for number, (_, ko, en) in enumerate(CALLS, 1)]
