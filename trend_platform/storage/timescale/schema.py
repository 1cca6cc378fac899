"""The schema `market` itself: its name, and how constraints and indexes in it are named. Its tables are in `tables`."""

from typing import Final

from sqlalchemy import MetaData

SCHEMA: Final = "market"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)
