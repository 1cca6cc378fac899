"""GDELT DOC 2.0: articles of the world's press by search, without a key and rarely."""
