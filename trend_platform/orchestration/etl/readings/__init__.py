"""What is read beside prices, as Dagster sees it: economic observations, news articles, social posts."""
