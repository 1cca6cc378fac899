"""The history of the schema, one file per step; `migrate` runs them."""
