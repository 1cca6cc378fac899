"""Reddit's feeds of subreddits: new posts without scores, no key."""
