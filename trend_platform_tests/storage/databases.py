"""Databases for tests of storage: emptied between tests, or without the extension."""

import psycopg
from psycopg import sql
from pydantic import SecretStr

from trend_platform.local import databases
from trend_platform.storage.base import PriceKind
from trend_platform.storage.timescale.migrate import migrate
from trend_platform.storage.timescale.tables import metadata
from trend_platform_tests import services


def empty_market(url: str, kind: PriceKind) -> None:
    """Leave the market's tables current and empty, for prices of `kind`."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT to_regclass('market.deployment') IS NOT NULL").fetchone()
        if found == (True,):
            names = [sql.Identifier("market", table.name) for table in metadata.sorted_tables]
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(sql.SQL(", ").join(names)))
    migrate(SecretStr(url), kind)


def plain_database(found: services.Services, name: str) -> str:
    """Make an empty database that belongs to the superuser, with a schema `market` of the application role's."""
    databases.ensure_database(SecretStr(found.admin_url()), name)
    with psycopg.connect(found.admin_url(name), autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS market CASCADE")
        connection.execute("DROP EXTENSION IF EXISTS timescaledb CASCADE")
        connection.execute(
            sql.SQL("CREATE SCHEMA market AUTHORIZATION {}").format(sql.Identifier(services.APPLICATION_ROLE))
        )
    return found.application_url(name)
