with compared as (

    select * from {{ ref('market_overview') }}
    where is_current and change_percent is not null

)

select
    coalesce(asset_class, 'all') as asset_class,
    max(last_session) as last_session,
    count(*)::int as instruments,
    (count(*) filter (where change_percent > 0))::int as advancing,
    (count(*) filter (where change_percent < 0))::int as declining,
    (count(*) filter (where change_percent = 0))::int as unchanged,
    (count(*) filter (where change_percent > 0) - count(*) filter (where change_percent < 0))::float8 / count(*) as breadth,
    avg(change_percent) as mean_change_percent,
    percentile_cont(0.5) within group (order by change_percent) as median_change_percent
from compared
group by grouping sets ((asset_class), ())
having count(*) > 0
