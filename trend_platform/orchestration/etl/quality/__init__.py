"""The quality of what is stored: scores per series and day, and their checks. No judgement is made here."""
