"""What is taken where a user names nothing. Here alone, names of plug-ins stand in code."""

CODECS = ("jpeg", "jpeg2000", "webp", "avif", "cvae")
"""Codecs of a run, without those whose libraries are not installed."""

DATASET = "sample"
"""Data set of a run: it needs no download."""

ANCHOR = "jpeg"
"""Codec that BD-rates of a report compare with."""

AUDIT_IMAGE = ("sample", "astronaut")
"""Data set and item that an audit encodes."""

CROSS_METRICS = ("psnr",)
"""Metrics of a table of train and test."""

GIVE_UP_AFTER = 3
"""Operating points of a codec in a row that may be lost until its other rows are not tried."""

METRIC = "psnr_rgb"
"""Column of quality that codecs are compared by."""

RATE = 0.5
"""Bits per pixel at which a report compares codecs."""

DIGIT_DATASETS = ("mnist", "fashion-mnist")
"""Data sets of 28×28 grey images, for which codecs of tiles are trained on whole images."""
