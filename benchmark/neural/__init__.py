"""What learned codecs share: integer tables and entropy coder, stream container, tiles, weights, training.

Importing this package, or a learned codec, loads no deep-learning framework; building a network does.
"""
