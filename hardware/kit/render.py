"""Picture of the printed holder with its lamps, drawn from the exported mesh with pyvista (no dependency)."""

from __future__ import annotations

import pyvista

from hardware.kit.table import HERE, kit, lamp_places_mm


def main() -> None:
    """Write it."""
    plotter = pyvista.Plotter(off_screen=True, window_size=(1200, 560))
    plotter.set_background("white")
    plotter.enable_anti_aliasing("ssaa")
    mesh = pyvista.read(str(HERE / "export" / "holder.stl"))
    plotter.add_mesh(mesh, color="#8d99a3", ambient=0.4, diffuse=0.7)
    plotter.add_mesh(mesh.extract_feature_edges(40.0), color="black", line_width=1.5)
    lamp, back = kit()["lamp"], -kit()["holder"]["thickness"]
    for group, colour in (("on_axis", "#7e57c2"), ("off_axis", "#2e7d32")):
        for x, y in lamp_places_mm(group):
            tip = back + lamp["length_mm"] - 1.0
            body = pyvista.Cylinder((x, y, (back + tip) / 2), (0, 0, 1), lamp["body_mm"] / 2, tip - back)
            plotter.add_mesh(body, color=colour, ambient=0.5)
    plotter.camera_position = [(130, 120, 300), (0, -9, 0), (0, 1, 0)]
    plotter.reset_camera()
    plotter.camera.zoom(1.75)
    plotter.screenshot(str(HERE / "pictures" / "holder.png"))
    plotter.close()


if __name__ == "__main__":
    main()
