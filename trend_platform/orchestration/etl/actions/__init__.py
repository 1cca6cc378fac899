"""Corporate actions in Dagster: the asset, its checks, its schedule, and the check of new splits."""
