"""The services one machine runs for itself: TimescaleDB or PostgreSQL, Valkey, and the Dagster processes.

What belongs here: fetching, starting, watching and stopping them, and turning what is remembered under
`settings.home` into URLs. What does not: anything about markets, migrations or ingests; `up` gets those
as steps from its caller.
"""
