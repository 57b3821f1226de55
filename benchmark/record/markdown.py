"""The table of columns, for the documentation."""

from __future__ import annotations

import dataclasses

from benchmark.record.row import BY_NAME, columns, metric_column

_AGGREGATES = {
    "": "–",
    "point": "names the operating point",
    "mean": "mean, standard deviation",
    "image": "mean, standard deviation of the value for one image",
    "most": "largest",
    "same": "the one value",
    "all": "all values",
}


def columns_markdown() -> str:
    """The table of columns as rows of Markdown, for the documentation."""
    lines = ["| column | kind | what it says | in the summary | since schema |", "| --- | --- | --- | --- | --- |"]
    for name in columns(["METRIC_rgb, METRIC_y, METRIC"]):
        about = BY_NAME.get(name)
        if about is None:
            text = (
                "Value of a metric over R, G and B, over luma, or over the colour picture as a whole. Empty where the "
                "metric was not asked for."
            )
            about = dataclasses.replace(metric_column(name), text=text)
        lines.append(f"| `{name}` | {about.kind} | {about.text} | {_AGGREGATES[about.aggregate]} | {about.since:g} |")
    return "\n".join(lines)
