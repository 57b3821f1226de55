"""Rate–distortion benchmark of classical and learned image codecs.

A study is turned into tasks, tasks into records, records into tables, tables into reports. Importing this package
is cheap: it loads no codec, no array library and no deep-learning framework.
"""

__version__ = "0.1.0"
