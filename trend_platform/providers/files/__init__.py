"""The files provider: a folder of the user's own CSV and Parquet files, read in columns."""
