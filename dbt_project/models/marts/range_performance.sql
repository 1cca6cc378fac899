with day as (

    select ({{ as_of() }} + 1)::timestamp as day_after

),

-- Each range ends with the last day; a range of N days, months or years is exactly that long.
ranges as (

    select
        ranged.range,
        ranged.place,
        ranged.range_start::date as range_start
    from day
    cross join lateral (
        values
            (1, '7D', day_after - interval '7 days'),
            (2, '1M', day_after - interval '1 month'),
            (3, '3M', day_after - interval '3 months'),
            (4, '6M', day_after - interval '6 months'),
            (5, 'YTD', date_trunc('year', day_after - interval '1 day')),
            (6, '1Y', day_after - interval '1 year'),
            (7, '3Y', day_after - interval '3 years'),
            (8, '5Y', day_after - interval '5 years'),
            (9, 'MAX', timestamp '1962-01-02')
    ) as ranged (place, range, range_start)

),

-- The close before the first session is where the range starts from, so that its return is that of all its sessions.
sessions as (

    select
        ranges.range,
        returns.instrument_id,
        returns.session,
        returns.close,
        returns.log_return,
        coalesce(returns.previous_close, returns.close) as base,
        max(greatest(returns.close, coalesce(returns.previous_close, returns.close))) over (
            partition by ranges.range, returns.instrument_id order by returns.session
        ) as peak
    from {{ ref('daily_returns') }} as returns
    inner join ranges on returns.session >= ranges.range_start

),

summed as (

    select
        range,
        instrument_id,
        min(session) as first_session,
        max(session) as last_session,
        count(*)::int as sessions,
        (array_agg(base order by session))[1] as first_close,
        (array_agg(close order by session desc))[1] as last_close,
        stddev_samp(log_return) as daily_volatility,
        min(case when peak > 0 then close / peak - 1 end) as max_drawdown
    from sessions
    group by range, instrument_id

)

select
    instrument.instrument_id,
    instrument.symbol,
    instrument.asset_class,
    summed.range,
    ranges.place as range_order,
    ranges.range_start,
    summed.first_session,
    summed.last_session,
    summed.sessions,
    summed.first_close,
    summed.last_close,
    case when summed.first_close > 0 then summed.last_close / summed.first_close - 1 end as total_return,
    summed.daily_volatility,
    summed.daily_volatility * sqrt(instrument.sessions_per_year) as volatility,
    summed.max_drawdown
from summed
inner join ranges on ranges.range = summed.range
inner join {{ ref('stg_instruments') }} as instrument on instrument.instrument_id = summed.instrument_id
