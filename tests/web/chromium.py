"""With what Debian's Chromium is started for the tests of the page."""

from __future__ import annotations

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
