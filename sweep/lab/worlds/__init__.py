"""Renderers of the worlds that training and figures use, beside the one wall that `sweep.sim` films."""
