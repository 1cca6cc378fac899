{#-
    Candles of weeks or months out of adjusted daily ones: open of the first session, close of the last.

    `period` is `week` (stamped by its Monday) or `month` (by its first day). Volume is null where one session's is.
-#}
{% macro period_candles(period) %}
select
    instrument_id,
    date_trunc('{{ period }}', session::timestamp)::date as period_start,
    (date_trunc('{{ period }}', session::timestamp) + interval '1 {{ period }}')::date as period_end,
    min(session) as first_session,
    max(session) as last_session,
    count(*)::int as sessions,
    (array_agg(open order by session))[1] as open,
    max(high) as high,
    min(low) as low,
    (array_agg(close order by session desc))[1] as close,
    case when count(volume) = count(*) then sum(volume order by session) end as volume,
    (date_trunc('{{ period }}', session::timestamp) + interval '1 {{ period }}')::date <= {{ as_of() }} as is_over
from {{ ref('stg_adjusted_candles') }}
where is_final
group by instrument_id, date_trunc('{{ period }}', session::timestamp)
{% endmacro %}
