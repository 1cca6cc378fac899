"""The models of the dbt project as assets: built after history, each with its tests as checks."""
