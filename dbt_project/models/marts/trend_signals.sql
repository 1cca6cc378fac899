{{ config(pre_hook="{{ create_exponential_average() }}") }}

with placed as (

    select
        instrument_id,
        session,
        close,
        row_number() over (partition by instrument_id order by session) as place
    from {{ ref('daily_returns') }}

),

averaged as (

    select
        instrument_id,
        session,
        close,
        place,
        {{ simple_average('close', 20) }} as sma_20,
        {{ simple_average('close', 50) }} as sma_50,
        {{ simple_average('close', 200) }} as sma_200,
        {{ exponential_average('close', 20) }} as ema_20,
        {{ exponential_average('close', 50) }} as ema_50,
        {{ exponential_average('close', 200) }} as ema_200,
        close / nullif(lag(close, 20) over series, 0) - 1 as momentum_20,
        close / nullif(lag(close, 50) over series, 0) - 1 as momentum_50,
        close / nullif(lag(close, 200) over series, 0) - 1 as momentum_200
    from placed
    window series as (partition by instrument_id order by session)

),

-- Six comparisons vote, each for up (+1) or down (-1); five of six that agree make a direction.
judged as (

    select
        *,
        (
            sign(close - sma_20) + sign(close - sma_50) + sign(close - sma_200)
            + sign(sma_20 - sma_50) + sign(sma_50 - sma_200) + sign(ema_20 - ema_50)
        ) as votes,
        nullif(sign(sma_50 - sma_200), 0) as slow_side,
        nullif(sign(ema_20 - ema_50), 0) as fast_side
    from averaged

),

directed as (

    select
        *,
        case when votes is null then 'unknown' when votes >= 4 then 'up' when votes <= -4 then 'down' else 'sideways' end
            as direction
    from judged

),

turned as (

    select
        *,
        direction is distinct from lag(direction) over series as is_turn,
        slow_side <> lag(slow_side) over series as is_slow_cross,
        fast_side <> lag(fast_side) over series as is_fast_cross
    from directed
    window series as (partition by instrument_id order by session)

),

turns as (

    select
        instrument_id,
        max(session) as last_session,
        max(session) filter (where is_turn) as since,
        max(session) filter (where is_slow_cross) as slow_cross_on,
        max(session) filter (where is_fast_cross) as fast_cross_on
    from turned
    group by instrument_id

)

select
    instrument.instrument_id,
    instrument.symbol,
    instrument.asset_class,
    last.session as last_session,
    last.place::int as sessions,
    last.close,
    last.sma_20,
    last.sma_50,
    last.sma_200,
    last.ema_20,
    last.ema_50,
    last.ema_200,
    last.momentum_20,
    last.momentum_50,
    last.momentum_200,
    last.direction,
    abs(last.votes) / 6 as strength,
    turns.since,
    case when turns.slow_cross_on is not null then case last.slow_side when 1 then 'golden' when -1 then 'death' end end
        as slow_cross,
    turns.slow_cross_on,
    case when turns.fast_cross_on is not null then case last.fast_side when 1 then 'up' when -1 then 'down' end end
        as fast_cross,
    turns.fast_cross_on
from turns
inner join turned as last on last.instrument_id = turns.instrument_id and last.session = turns.last_session
inner join {{ ref('stg_instruments') }} as instrument on instrument.instrument_id = turns.instrument_id
