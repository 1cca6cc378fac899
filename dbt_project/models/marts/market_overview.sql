with last as (

    select distinct on (instrument_id)
        instrument_id,
        session,
        close,
        previous_session,
        previous_close,
        simple_return
    from {{ ref('daily_returns') }}
    order by instrument_id, session desc

),

-- Who has not traded in the last session of its kind neither gains nor loses.
placed as (

    select
        instrument.instrument_id,
        instrument.symbol,
        instrument.name,
        instrument.asset_class,
        last.session as last_session,
        last.close as last,
        last.previous_session,
        last.previous_close as previous,
        last.close - last.previous_close as change,
        last.simple_return * 100 as change_percent,
        last.session = max(last.session) over (partition by instrument.asset_class) as is_current
    from last
    inner join {{ ref('stg_instruments') }} as instrument on instrument.instrument_id = last.instrument_id
    where instrument.is_active

)

select
    *,
    case when is_current and change_percent > 0 then
        row_number() over (partition by asset_class, is_current order by change_percent desc nulls last, symbol)
    end::int as gainer_rank,
    case when is_current and change_percent < 0 then
        row_number() over (partition by asset_class, is_current order by change_percent nulls last, symbol)
    end::int as loser_rank
from placed
