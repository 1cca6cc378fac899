with recursive placed as (

    select
        instrument_id,
        ex_date,
        ratio,
        coalesce(lag(ex_date) over by_day, date '0001-01-01') as valid_from,
        row_number() over (partition by instrument_id order by ex_date desc) as place
    from {{ ref('stg_splits') }}
    window by_day as (partition by instrument_id order by ex_date)

),

-- Multiplied from the last split backwards, as the platform does on read.
chained as (

    select instrument_id, valid_from, ex_date as valid_until, ratio as divisor, place
    from placed
    where place = 1

    union all

    select placed.instrument_id, placed.valid_from, placed.ex_date, chained.divisor * placed.ratio, placed.place
    from chained
    inner join placed on placed.instrument_id = chained.instrument_id and placed.place = chained.place + 1

)

select
    instrument_id,
    valid_from,
    valid_until,
    divisor
from chained
