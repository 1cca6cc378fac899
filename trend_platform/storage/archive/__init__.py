"""The archive of providers' answers, as files: bodies once each by their content, compressed, and a journal by day."""
