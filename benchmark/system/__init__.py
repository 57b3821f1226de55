"""The machine: versions and limits, files, external programs, progress, workers."""
