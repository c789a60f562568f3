"""Files around a board: its KiCad project, and the order and ids that make two runs write the same bytes."""

import json
import re
import shutil
from pathlib import Path

from router import Klass
from sexpr import Node, parse, stable_id, write

OFF_BY_DEFAULT = {
    "erc": (
        "four_way_junction",
        "footprint_filter",
        "label_multiple_wires",
        "simulation_model_issue",
        "single_global_label",
    ),
    "drc": (
        "footprint_filters_mismatch",
        "footprint_type_mismatch",
        "missing_courtyard",
        "npth_inside_courtyard",
        "pth_inside_courtyard",
        "track_segment_length",
        "mirrored_text_on_front_layer",
        "nonmirrored_text_on_back_layer",
    ),
}
"""Rules that KiCad leaves off; here they count."""
ITEMS = {"footprint", "segment", "via", "zone", "pad", "filled_polygon", "model"}


def _without_ids(node: Node) -> Node:
    return [
        _without_ids(part) if isinstance(part, list) else part
        for part in node
        if not (isinstance(part, list) and part[:1] == ["uuid"])
    ]


def _in_order(node: Node) -> Node:
    """Items of a board or footprint by what they say; KiCad writes them by their random ids."""
    node = [_in_order(part) if isinstance(part, list) else part for part in node]
    if node[0] not in {"kicad_pcb", "footprint", "zone"}:
        return node
    movable = [
        i
        for i, part in enumerate(node)
        if isinstance(part, list) and (part[0] in ITEMS or str(part[0])[:3] in {"gr_", "fp_"})
    ]
    ordered = sorted((node[i] for i in movable), key=lambda part: (str(part[0]), write(_without_ids(part))))
    for i, part in zip(movable, ordered, strict=True):
        node[i] = part
    return node


def settle_ids(path: Path, name: str) -> None:
    """Orders the file and gives every item an id that depends on its place in it: generating again changes nothing."""
    seen: dict[str, str] = {}

    def stable(match: re.Match[str]) -> str:
        old = match.group(1)
        if old not in seen:
            seen[old] = str(stable_id(name, "pcb", len(seen)))
        return f'(uuid "{seen[old]}")'

    text = write(_in_order(parse(path.read_text()))) + "\n"
    path.write_text(re.sub(r'\(uuid "([0-9a-f-]{36})"\)', stable, text))


def project_file(folder: Path, name: str, klasses: list[Klass], patterns: dict[int, list[str]]) -> None:
    """The KiCad project: rules, net classes, nothing ignored."""
    names = ["Default", *(f"W{klass.track:g}mm" for klass in klasses[1:])]
    classes = [
        {"name": names[i], "track_width": k.track, "via_diameter": k.via, "via_drill": k.drill, "clearance": 0.2, "wire_width": 6, "bus_width": 12,
         "diff_pair_gap": 0.25, "diff_pair_width": 0.2, "diff_pair_via_gap": 0.25, "microvia_diameter": 0.3, "microvia_drill": 0.1, "line_style": 0,
         "pcb_color": "rgba(0, 0, 0, 0.000)", "schematic_color": "rgba(0, 0, 0, 0.000)", "priority": 2147483647 if i == 0 else i}
        for i, k in enumerate(klasses)
    ]  # fmt: skip
    rules = {
        "min_clearance": 0.2, "min_copper_edge_clearance": 0.4, "min_hole_clearance": 0.25, "min_hole_to_hole": 0.25, "min_text_height": 0.7, "min_text_thickness": 0.08,
        "min_through_hole_diameter": 0.3, "min_track_width": 0.2, "min_via_annular_width": 0.12, "min_via_diameter": 0.5, "min_silk_clearance": 0.0,
        "min_resolved_spokes": 1, "solder_mask_to_copper_clearance": 0.0, "use_height_for_length_calcs": True,
    }  # fmt: skip
    project = {
        "board": {"design_settings": {"defaults": {}, "rules": rules, "rule_severities": dict.fromkeys(OFF_BY_DEFAULT["drc"], "warning"), "drc_exclusions": []}},
        "erc": {"erc_exclusions": [], "rule_severities": dict.fromkeys(OFF_BY_DEFAULT["erc"], "warning")},
        "libraries": {"pinned_footprint_libs": [], "pinned_symbol_libs": []},
        "meta": {"filename": f"{name}.kicad_pro", "version": 3},
        "net_settings": {"classes": classes, "meta": {"version": 4}, "netclass_patterns": [
            {"netclass": names[k], "pattern": pattern} for k, found in patterns.items() if k for pattern in found]},
        "schematic": {"page_layout_descr_file": ""},
        "sheets": [], "text_variables": {},
    }  # fmt: skip
    (folder / f"{name}.kicad_pro").write_text(json.dumps(project, indent=2) + "\n")
    for kind, word in (("sym", "ansim.kicad_sym"), ("fp", "ansim.pretty")):
        (folder / f"{kind}-lib-table").write_text(
            f'({kind}_lib_table\n  (version 7)\n  (lib (name "ansim")(type "KiCad")(uri "${{KIPRJMOD}}/../lib/{word}")(options "")(descr "Parts of the probe\'s boards"))\n)\n')  # fmt: skip
    prl = folder / f"{name}.kicad_prl"
    if prl.exists():
        prl.unlink()
    shutil.rmtree(folder / f"{name}-backups", ignore_errors=True)
