{{ config(
    materialized='incremental',
    incremental_strategy='differences',
    unique_key=['instrument_id', 'period_start'],
    on_schema_change='sync_all_columns',
    indexes=[{'columns': ['instrument_id', 'period_start'], 'unique': true}],
) }}

{{ period_candles('week') }}
