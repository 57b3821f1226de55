"""Streams of learned codecs: container, entropy coders, models of bits, exact integers."""
