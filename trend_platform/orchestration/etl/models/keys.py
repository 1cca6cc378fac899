"""Names that several modules of this folder need: the step that builds all models, its pool, the group, the docs page."""

MODELS = "models"
"""The step; dbt builds all its assets in one go."""

POOL = "analytics_models"
GROUP = "models"
DOCS = "docs/how-to/models.md"
