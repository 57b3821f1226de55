"""Codecs that send levels of bits, each of which improves the picture."""
