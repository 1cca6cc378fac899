{#-
    An aggregate for the exponential moving average, which no combination of window functions gives exactly: the first value
    starts it, and each later one moves it by `alpha` of the distance.
-#}
{% macro create_exponential_average() %}
    create or replace function {{ target.schema }}.exponential_step(average float8, value float8, alpha float8)
    returns float8 language plpgsql immutable strict parallel safe
    as $$ begin return average + alpha * (value - average); end $$;

    create or replace aggregate {{ target.schema }}.exponential_average(value float8, alpha float8) (
        sfunc = {{ target.schema }}.exponential_step, stype = float8, parallel = safe
    );
{% endmacro %}

{#- The exponential moving average of `value` with the span of N sessions, over the window `series`. -#}
{% macro exponential_average(value, span) -%}
    {{ target.schema }}.exponential_average({{ value }}, 2.0::float8 / ({{ span }} + 1)) over series
{%- endmacro %}

{#- The mean of the last N sessions over the window `series`; null before there are as many. Numeric sums lose nothing
    when a value leaves the window, so each step costs one addition and one subtraction. -#}
{% macro simple_average(value, span) -%}
    case when place >= {{ span }} then
        (avg({{ value }}::numeric) over (series rows between {{ span - 1 }} preceding and current row))::float8
    end
{%- endmacro %}
