-- An announced split moves no price before its day comes.
select distinct on (instrument_id, ex_date)
    instrument_id,
    ex_date,
    ratio
from {{ source('market', 'corporate_actions') }}
where kind = 'split' and ex_date <= {{ as_of() }}
order by instrument_id, ex_date, provider
