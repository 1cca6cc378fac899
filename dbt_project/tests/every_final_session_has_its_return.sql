{{ config(meta={'dagster': {'ref': {'name': 'daily_returns'}}}) }}

-- What is stored and what was made of it name the same sessions: nothing was lost, nothing is left over.
with stored as (

    select instrument_id, session from {{ ref('stg_daily_candles') }} where is_final

)

select coalesce(stored.instrument_id, made.instrument_id) as instrument_id, coalesce(stored.session, made.session) as session
from stored
full join {{ ref('daily_returns') }} as made on made.instrument_id = stored.instrument_id and made.session = stored.session
where stored.session is null or made.session is null
