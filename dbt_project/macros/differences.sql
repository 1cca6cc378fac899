{#-
    The incremental strategy `differences`: the model is computed whole, and only rows that differ are written.

    So no model has to guess which rows late data, a correction, a deletion or a split has changed, and what an incremental
    run leaves behind is what a full refresh would. A run that changes nothing writes nothing.
-#}
{% macro get_incremental_differences_sql(arg_dict) %}
    {%- set target, made = arg_dict["target_relation"], arg_dict["temp_relation"] -%}
    {%- set keys = arg_dict["unique_key"] -%}
    {%- set columns = arg_dict["dest_columns"] | map(attribute="quoted") | list -%}
    {%- set same_key -%}
        {%- for key in keys %} made.{{ key }} = kept.{{ key }} {{- " and" if not loop.last }} {%- endfor -%}
    {%- endset -%}

    analyze {{ made }};

    delete from {{ target }} as kept
    where not exists (
        select from {{ made }} as made
        where {{ same_key }}
            and row(made.{{ columns | join(", made.") }}) is not distinct from row(kept.{{ columns | join(", kept.") }})
    );

    insert into {{ target }} ({{ columns | join(", ") }})
    select made.{{ columns | join(", made.") }}
    from {{ made }} as made
    where not exists (select from {{ target }} as kept where {{ same_key }})
{% endmacro %}
