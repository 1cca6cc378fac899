{{ config(meta={'dagster': {'ref': {'name': 'monthly_candles'}}}) }}

-- The sessions of all months, and of all weeks, are the sessions of the series.
with counted as (

    select instrument_id, count(*) as sessions from {{ ref('daily_returns') }} group by instrument_id

),

monthly as (

    select instrument_id, sum(sessions) as sessions from {{ ref('monthly_candles') }} group by instrument_id

),

weekly as (

    select instrument_id, sum(sessions) as sessions from {{ ref('weekly_candles') }} group by instrument_id

)

select counted.instrument_id, counted.sessions, monthly.sessions as monthly, weekly.sessions as weekly
from counted
left join monthly on monthly.instrument_id = counted.instrument_id
left join weekly on weekly.instrument_id = counted.instrument_id
where counted.sessions is distinct from monthly.sessions or counted.sessions is distinct from weekly.sessions
