"""From a study to rows: plan, tasks, engine, records. Nothing here draws."""
