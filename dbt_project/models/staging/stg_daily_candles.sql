select
    instrument_id,
    (opened_at at time zone 'UTC')::date as session,
    open,
    high,
    low,
    close,
    volume,
    provider,
    basis,
    is_final,
    -- A candle that came split-adjusted is taken to be so for all splits up to the day it was fetched.
    case basis
        when 'split' then greatest((opened_at at time zone 'UTC')::date, (fetched_at at time zone 'UTC')::date)
        else (opened_at at time zone 'UTC')::date
    end as adjusted_until
from {{ source('market', 'candles_daily') }}
where timeframe = '1d' and opened_at < ({{ as_of() }} + 1)::timestamp at time zone 'UTC'
