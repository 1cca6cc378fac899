-- On the share count of the last day: earlier prices divided by later splits, volumes multiplied.
select
    candle.instrument_id,
    candle.session,
    candle.open / coalesce(split.divisor, 1) as open,
    candle.high / coalesce(split.divisor, 1) as high,
    candle.low / coalesce(split.divisor, 1) as low,
    candle.close / coalesce(split.divisor, 1) as close,
    candle.volume * coalesce(split.divisor, 1) as volume,
    candle.is_final
from {{ ref('stg_daily_candles') }} as candle
left join {{ ref('split_factors') }} as split
    on split.instrument_id = candle.instrument_id
        and candle.adjusted_until >= split.valid_from
        and candle.adjusted_until < split.valid_until
