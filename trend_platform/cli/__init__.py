"""The command line `trend`: one file per verb, each turning arguments into a use case and its result into a table or JSON."""
