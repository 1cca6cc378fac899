"""The rules, one family per module; `catalogue` lists them all."""
