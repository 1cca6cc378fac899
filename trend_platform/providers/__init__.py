"""Outside sources: the ports they keep, what all of them share, and a folder for each.

Ports: `base` (candles, splits, latest prices), `reference` (dividends, listings, market status), `sources` (economic series,
news, posts). By name: `registry` opens providers of prices, `source_registry` the other sources, `replaying` the former on
kept answers.

On the wire: `http` asks, with `addresses`, `credentials`, `answers`, `retrying`, `traffic`, `watching` and `wire_logs` behind
it; `wiring` makes it of settings, `sharing` and `patience` say what clients have in common; `archiving` keeps answers.
Limits: `limits` waits for turns, `budgets` grants them, `quota_headers` reads what is left, `pace` spreads rates, `pausing`
leaves a whole provider alone.

Asking: `asked` checks requests, `paging` walks pages, `windows` makes pages of time, `quoting` asks latest prices in parts,
`news_parts` news, `spelling` knows symbols that several share. Reading: `classing` (what is wrong with an answer), `arrays`,
`records` and `feeds` (rows of arrays, objects, entries), `instants`, `told_at` and `stamped` (times, candles), `summing`
(candles of sessions from bars of the clock). A folder holds a provider's own: `classing`, its symbols, its shapes, and
`provider` or `source`, which says which call serves which request.
"""
