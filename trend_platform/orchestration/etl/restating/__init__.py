"""Asking again for what providers may have corrected: the job, its schedule, and the check that reads what it measured."""
