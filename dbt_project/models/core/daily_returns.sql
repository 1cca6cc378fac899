{{ config(
    materialized='incremental',
    incremental_strategy='differences',
    unique_key=['instrument_id', 'session'],
    on_schema_change='sync_all_columns',
    indexes=[{'columns': ['instrument_id', 'session'], 'unique': true}],
) }}

with paired as (

    select
        instrument_id,
        session,
        close,
        lag(session) over series as previous_session,
        lag(close) over series as previous_close
    from {{ ref('stg_adjusted_candles') }}
    where is_final
    window series as (partition by instrument_id order by session)

)

-- Oil has closed below zero: a return on such a close means nothing.
select
    instrument_id,
    session,
    previous_session,
    close,
    previous_close,
    case when previous_close > 0 then close / previous_close - 1 end as simple_return,
    case when previous_close > 0 and close > 0 then ln(close / previous_close) end as log_return
from paired
