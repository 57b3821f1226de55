"""Libraries that decode the formats of others, and codecs whose streams one of them decodes."""
