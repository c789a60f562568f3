"""Cameras: the Raspberry Pi's, Video4Linux, exposure and range."""
