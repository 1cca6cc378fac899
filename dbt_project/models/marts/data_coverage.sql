with asked as (

    select
        instrument_id,
        timeframe,
        min(start_at) as asked_from,
        max(end_at) as asked_until,
        count(*)::int as spans,
        max(asked_at) as last_asked_at
    from {{ source('market', 'coverage_spans') }}
    group by instrument_id, timeframe

),

missing as (

    select
        instrument_id,
        timeframe,
        sum(missing) as missing,
        coalesce(sum(missing) filter (where reason in ('unknown', 'rejected', 'fetch_failed', 'feed_down')), 0)
            as unexplained,
        coalesce(sum(missing) filter (where reason in ('before_listing', 'after_delisting')), 0) as outside_life,
        coalesce(sum(missing) filter (where not is_believed), 0) as provisional,
        jsonb_object_agg(reason, of_reason) as missing_by_reason,
        min(next_check_at) as next_check_at
    from (
        select *, sum(missing) over (partition by instrument_id, timeframe, reason) as of_reason
        from {{ source('market', 'coverage_gaps') }}
    ) as gaps
    group by instrument_id, timeframe

),

-- Candles of a day and longer are counted; minutes are not, since the ledger knows of them what matters.
stored as (

    select
        instrument_id,
        timeframe,
        count(*) as candles,
        min(opened_at) as first_candle,
        max(opened_at) as last_candle,
        max(fetched_at) as last_fetched_at,
        array_agg(distinct provider) as providers,
        array_agg(distinct basis) as bases
    from {{ source('market', 'candles_daily') }}
    group by instrument_id, timeframe

),

series as (

    select instrument_id, timeframe from asked
    union
    select instrument_id, timeframe from missing
    union
    select instrument_id, timeframe from stored

)

select
    instrument.instrument_id,
    instrument.symbol,
    instrument.asset_class,
    series.timeframe,
    asked.asked_from,
    asked.asked_until,
    coalesce(asked.spans, 0) as spans,
    asked.last_asked_at,
    stored.candles,
    stored.first_candle,
    stored.last_candle,
    stored.last_fetched_at,
    stored.providers,
    stored.bases,
    coalesce(missing.missing, 0)::bigint as missing,
    coalesce(missing.unexplained, 0)::bigint as unexplained,
    coalesce(missing.provisional, 0)::bigint as provisional,
    missing.missing_by_reason,
    missing.next_check_at,
    stored.candles::float8 / nullif(stored.candles + coalesce(missing.missing - missing.outside_life, 0), 0) as covered_share
from series
inner join {{ ref('stg_instruments') }} as instrument on instrument.instrument_id = series.instrument_id
left join asked on asked.instrument_id = series.instrument_id and asked.timeframe = series.timeframe
left join missing on missing.instrument_id = series.instrument_id and missing.timeframe = series.timeframe
left join stored on stored.instrument_id = series.instrument_id and stored.timeframe = series.timeframe
