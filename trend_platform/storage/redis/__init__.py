"""Redis or Valkey, the hot copy for readers: keys, the cache of range series, and how to reach the server.

Nothing here is the only copy of anything; a server that is down costs time, never data.
"""
