select
    instrument_id,
    symbol,
    name,
    asset_class,
    calendar,
    listed_on,
    delisted_on,
    is_active,
    case calendar when '24/7' then 365 when '24/5' then 260 else 252 end as sessions_per_year
from {{ source('market', 'instruments') }}
