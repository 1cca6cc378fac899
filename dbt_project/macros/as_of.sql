{#- The last day that counts: the variable `as_of`, or today (UTC). -#}
{% macro as_of() -%}
    {%- if var('as_of') -%} date '{{ var('as_of') }}'
    {%- else -%} (current_timestamp at time zone 'UTC')::date
    {%- endif -%}
{%- endmacro %}
