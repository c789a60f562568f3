"""Debian's Chromium for the tests of the page, and with what it is started."""

from __future__ import annotations

import shutil

OFF_FOR_PLAYWRIGHT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)
"""What Playwright switches off by itself: of two such lists Chromium takes the last, so that ours says it once more."""
OFF_HERE = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
"""The list below an address bar that no phone of a test has is a page of its own, loaded anew for each window: half of
what a window costs (0.78 s of one processor with it, 0.31 s without, measured)."""
FLAGS = [
    f"--disable-features={','.join((*OFF_FOR_PLAYWRIGHT, *OFF_HERE))}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


def installed() -> str | None:
    """Path of the one that has no windows, or else of the whole one, whose pages cost half as much again (0.58 s of one
    processor instead of 0.41 s to open ours in a new window, measured).
    """
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")
