#!/bin/bash
# Run once by the image, on an empty volume: the role the platform uses, which may do nothing but own its databases.
# Dagster's database comes from template0: the image puts TimescaleDB into template1, and Dagster has no use for it.
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\getenv password DATABASE_PASSWORD
CREATE ROLE trend LOGIN PASSWORD :'password';
CREATE DATABASE trend OWNER trend TEMPLATE template0;
CREATE DATABASE trend_simulated OWNER trend TEMPLATE template0;
CREATE DATABASE trend_dagster OWNER trend TEMPLATE template0;
REVOKE CONNECT ON DATABASE trend, trend_simulated, trend_dagster FROM PUBLIC;
\connect trend
CREATE EXTENSION timescaledb;
\connect trend_simulated
CREATE EXTENSION timescaledb;
SQL
