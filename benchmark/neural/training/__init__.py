"""Training of learned codecs: recipes, loop, checkpoints, packed data."""
