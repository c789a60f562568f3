"""Pictures of the enclosure for the README, drawn from the exported meshes with pyvista (no dependency)."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyvista
from manifold3d import Manifold

from hardware.enclosure import layout, mesh, printing
from hardware.enclosure.callouts import CALLS
from hardware.enclosure.solids import Box

SHADES = {
    "#50575e": ("front_plate", "thermal_plate"),
    "#8d99a3": ("body",),
    "#6f7c86": ("lid",),
    "#5d666e": ("grip", "wifi_shell", "phone_foot"),
    "#3d444a": ("door", "filter_seat"),
    "#e4572e": ("cap",),
    "#f4f4f0": ("light_box", "diffuser"),
    "#7b8790": ("camera_bracket", "aim_tube"),
    "#1e7a46": ("carrier", "ring board", "left bar", "right bar"),
    "#2f9e5b": ("pi",),
    "#d9d9d9": ("white board",),
    "#3f51b5": ("camera",),
    "#26a69a": ("wifi", "tuner", "log detector"),
    "#f2b134": ("power bank",),
    "#b0863a": ("bank plug",),
    "#c62828": ("button", "power button"),
    "#8e6bbf": ("converters", "clock cell", "range sensor"),
    "#3a3a3a": ("corner_block", "wake_pad"),
    "#c9a227": ("antennas",),
    "#b39ddb": ("ring LEDs",),
    "#222222": ("lens foam",),
    "#80deea": ("aiming lens",),
}
COLOURS = {name: shade for shade, names in SHADES.items() for name in names}


def surface(solid: Manifold) -> pyvista.PolyData:
    """A manifold as something to draw; y of the enclosure is up."""
    raw = solid.to_mesh()
    points = np.asarray(raw.vert_properties)[:, :3]
    faces = np.asarray(raw.tri_verts)
    return pyvista.PolyData(points, np.column_stack([np.full(len(faces), 3), faces]).ravel())


def picture(
    path: Path,
    solids: dict[str, Manifold],
    camera: tuple[float, float, float],
    clear: frozenset[str],
    zoom: float,
    called: tuple[str, ...] = (),
    size: tuple[int, int] = (1300, 950),
) -> None:
    """Draw and write, with the numbers of the parts `called`."""
    plotter = pyvista.Plotter(off_screen=True, window_size=size)
    plotter.set_background("white")
    plotter.enable_anti_aliasing("ssaa")
    for name, solid in solids.items():
        drawn = surface(solid)
        plotter.add_mesh(drawn, color=COLOURS[name], opacity=0.28 if name in clear else 1.0, ambient=0.45, diffuse=0.7)
        if name not in clear:
            plotter.add_mesh(drawn.extract_feature_edges(40.0), color="black", line_width=1.0)
    plotter.camera_position = [camera, (0.0, -60.0, -80.0), (0.0, 1.0, 0.0)]
    plotter.reset_camera()
    plotter.camera.zoom(zoom)
    if called:
        numbers = {name: str(number) for number, (name, _, _) in enumerate(CALLS, 1)}
        points = [surface(solids[name]).center for name in called]
        plotter.add_point_labels(
            np.array(points), [numbers[name] for name in called], always_visible=True, shape="rounded_rect",
            shape_color="white", text_color="black", font_size=22, margin=4, show_points=True, point_size=6,
            point_color="black",
        )  # fmt: skip
    plotter.screenshot(str(path))
    plotter.close()


def corners() -> Manifold:
    """The four corner blocks on the side walls."""
    front, rear = layout.corner_places()
    right = [mesh.part("corner_block"), mesh.part("corner_block").translate((0.0, 0.0, rear - front))]
    placed = [*right, *(block.mirror((1.0, 0.0, 0.0)) for block in right)]
    return mesh.union(placed)


def exploded() -> dict[str, Manifold]:
    """The parts drawn apart along the ways in which they are put together."""
    away = {
        "lid": (0, 120, 0),
        "wifi_shell": (0, 200, 0),
        "wifi": (0, 155, 0),
        "phone_foot": (0, 155, 0),
        "carrier": (0, 60, 0),
        "pi": (0, 25, 0),
        "grip": (0, -50, 0),
        "door": (0, -170, 0),
        "button": (0, -50, 25),
    }
    away |= {"power bank": (0, -140, 0), "bank plug": (0, -60, 0), "cap": (0, 0, 150), "front_plate": (0, 0, 110)}
    away |= {"thermal_plate": (10, -75, 130), "filter_seat": (-40, -95, 60), "wake_pad": (-25, -60, -60)}
    away |= {"camera_bracket": (0, 0, 40), "white board": (0, 0, 40), "camera": (0, 0, 55)}
    away |= dict.fromkeys(("light_box", "aim_tube"), (0, 0, 60)) | {"lens foam": (0, 0, 65)}
    away |= dict.fromkeys(("ring board", "ring LEDs", "diffuser", "left bar", "right bar", "aiming lens"), (0, 0, 85))
    solids = {**{n: mesh.part(n) for n in mesh.part_names()}, **mesh.contents(), "corner_block": corners()}
    return {name: solid.translate(away.get(name, (0, 0, 0))) for name, solid in solids.items()}


def section() -> dict[str, Manifold]:
    """The eye cut open at x = 0.6, beside the spokes."""
    keep = mesh.closed(Box((-80.0, -32.5, -60.0), (0.6, 32.5, 8.0)))
    names = ("front_plate", "camera_bracket", "filter_seat")
    inside = ("ring board", "ring LEDs", "lens foam", "camera")
    return {n: mesh.part(n) ^ keep for n in names} | {n: mesh.contents()[n] ^ keep for n in inside}


def prints(path: Path) -> None:
    """Every part as it stands on the bed, from above and from below; red is what hangs and is bridged."""
    names, across = sorted(printing.JOBS), 8
    plotter = pyvista.Plotter(off_screen=True, shape=(4, across), window_size=(2400, 1320), border=True)
    plotter.set_background("white")
    for number, name in enumerate(names):
        job = printing.JOBS[name]
        corners = printing.turned(mesh.read_stl(mesh.EXPORT / f"{name}.stl"), job.up)
        points, faces = corners.reshape(-1, 3), np.arange(3 * len(corners)).reshape(-1, 3)
        drawn = pyvista.PolyData(points, np.column_stack([np.full(len(faces), 3), faces]).ravel())
        hangs = mesh.hanging(corners, (0.0, 0.0, 1.0))
        drawn["shade"] = np.where(hangs[:, None], (214, 40, 40), (168, 180, 190)).astype(np.uint8)
        wide, deep, _ = points.max(axis=0)
        bed = pyvista.Plane(
            center=(wide / 2, deep / 2, -0.1), direction=(0, 0, 1), i_size=1.2 * wide, j_size=1.2 * deep,
            i_resolution=1, j_resolution=1,
        )  # fmt: skip
        for side, height in enumerate((0.75, -0.75)):
            plotter.subplot(2 * (number // across) + side, number % across)
            plotter.add_mesh(drawn, scalars="shade", rgb=True, ambient=0.45, diffuse=0.7)
            plotter.add_mesh(drawn.clean().extract_feature_edges(40.0), color="black", line_width=1.0)
            plotter.add_mesh(bed, color="#2e7d32", style="wireframe", line_width=2.0)
            if side == 0:
                area = mesh.unsupported_mm2(corners, (0.0, 0.0, 1.0))
                plotter.add_text(f"{name}\n{job.on_bed}, hangs {area:.0f} mm2", font_size=11, color="black")
            plotter.camera_position = [
                (wide / 2 + 300, deep / 2 - 400, 500 * height),
                (wide / 2, deep / 2, 0),
                (0, 0, 1),
            ]
            plotter.reset_camera()
    plotter.screenshot(str(path))
    plotter.close()


def main(folder: str) -> None:
    """Write the five pictures, and the one of the pockets for `../led`."""
    to = Path(folder)
    parts: dict[str, Manifold] = {n: mesh.part(n) for n in mesh.part_names() if n != "cap"}
    parts["corner_block"] = corners()
    parked = mesh.part("cap").rotate((-90.0, 0.0, 0.0)).translate((0.0, layout.shell()["shell"]["half_height"], -120.0))
    none: frozenset[str] = frozenset()
    bought = mesh.contents()
    seen = {
        k: bought[k]
        for k in (
            "ring board",
            "ring LEDs",
            "left bar",
            "right bar",
            "diffuser",
            "camera",
            "button",
            "power button",
            "aiming lens",
            "wifi",
        )
    }
    within = (
        "carrier",
        "pi",
        "converters",
        "log detector",
        "tuner",
        "camera",
        "white board",
        "power bank",
    )
    clear = frozenset({"body", "grip", "carrier"})
    above = {"lid", "wifi_shell", "wifi", "phone_foot"}
    opened = {name: solid for name, solid in {**parts, **bought}.items() if name not in above}
    outside = (
        "front_plate",
        "cap",
        "left bar",
        "diffuser",
        "lid",
        "wifi_shell",
        "phone_foot",
        "grip",
        "button",
        "door",
    )
    apart = exploded()
    picture(to / "front.png", {**parts, "cap": parked, **seen}, (260, 150, 420), none, 1.15, outside)
    picture(to / "inside.png", opened, (-330, 330, -420), clear, 1.08, (*within, "power button"))
    hidden = ("converters", "log detector", "tuner")  # on the floor: `inside.png` has their numbers
    numbered = tuple(name for name, _, _ in CALLS if name in apart and name not in hidden)
    picture(to / "exploded.png", apart, (420, 230, 420), none, 1.22, numbered, (1100, 1300))
    prints(to / "prints.png")
    picture(to / "eye.png", section(), (220, 40, 60), none, 1.05)
    rear = mesh.part("front_plate") ^ mesh.closed(Box((-26.0, -32.0, -4.0), (62.0, 32.0, 8.0)))
    picture(to.parents[1] / "led/pockets.png", {"front_plate": rear}, (20, 0, -480), none, 1.6, size=(760, 560))


if __name__ == "__main__":
    main(sys.argv[1])
