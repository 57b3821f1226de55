"""What codec files share with each other: libraries, ffmpeg, codecs described in TOML, HEVC syntax."""
