{#- `expression` is true, or unknown because something in it is null, in every row. -#}
{% test holds(model, expression) %}
select * from {{ model }}
where not ({{ expression }})
{% endtest %}
