"""The Lua program that keeps a budget: one hash per credential, changed by one command, timed by the server's clock.

A window is a list of the instants at which what was spent is free again; a turn in the future is set aside at once, so
that turns are granted in order and nobody polls. Plain text; running it is `budget`'s.
"""

from typing import Final

_WINDOWS: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local count = tonumber(ARGV[1])
local next_argument = 2

local function argument()
  local value = tonumber(ARGV[next_argument])
  next_argument = next_argument + 1
  return value
end

local shapes = {}
local longest = 0
for i = 1, count do
  shapes[i] = {allowed = argument(), length = argument(), grain = argument()}
  longest = math.max(longest, shapes[i].length)
end

-- What a credential has spent: per window, the instants at which some of it is free again, and how much is then.
local function open(key)
  local purse = {key = key, windows = {}}
  local kept = redis.call('HMGET', key, 'last', 'rest')
  purse.last, purse.rest = tonumber(kept[1] or 0), tonumber(kept[2] or 0)
  for i, shape in ipairs(shapes) do
    local window = {name = shape.length, allowed = shape.allowed, length = shape.length, grain = shape.grain}
    window.free_at, window.weight, window.total = {}, {}, 0
    local packed = redis.call('HGET', key, window.name)
    if packed then
      local free_at, weight = cmsgpack.unpack(packed)
      for n = 1, #free_at do
        if free_at[n] > now then
          table.insert(window.free_at, free_at[n])
          table.insert(window.weight, weight[n])
          window.total = window.total + weight[n]
        end
      end
    end
    purse.windows[i] = window
  end
  return purse
end

-- Rounded up to the grain, so that a window never holds many entries and never frees one early.
local function rounded(window, instant)
  return math.ceil(instant / window.grain) * window.grain
end

local function add(window, instant, weight)
  local free_at, n = rounded(window, instant), #window.free_at
  while n > 0 and window.free_at[n] > free_at do n = n - 1 end
  if n > 0 and window.free_at[n] == free_at then
    window.weight[n] = window.weight[n] + weight
  else
    table.insert(window.free_at, n + 1, free_at)
    table.insert(window.weight, n + 1, weight)
  end
  window.total = window.total + weight
end

local function close(purse)
  redis.call('HSET', purse.key, 'last', purse.last, 'rest', purse.rest)
  for _, window in ipairs(purse.windows) do
    redis.call('HSET', purse.key, window.name, cmsgpack.pack(window.free_at, window.weight))
  end
  redis.call('PEXPIRE', purse.key, math.ceil(math.max(now, purse.last, purse.rest) - now + longest + 60000))
end
"""

RESERVE: Final = (
    _WINDOWS
    + """
local patience, longest_rest = argument(), argument()
local purses = {}
for i, key in ipairs(KEYS) do purses[i] = open(key) end

local function turn(purse, weight)
  local at = math.max(now, purse.last, purse.rest)
  for _, window in ipairs(purse.windows) do
    local over, n = window.total + weight - window.allowed, 1
    while over > 1e-9 and n <= #window.free_at do
      over = over - window.weight[n]
      at = math.max(at, window.free_at[n])
      n = n + 1
    end
  end
  return at
end

local grants = {}
while ARGV[next_argument] do
  local weight, best, at = argument(), 1, nil
  for i, purse in ipairs(purses) do
    local mine = turn(purse, weight)
    if at == nil or mine < at then best, at = i, mine end
  end
  local purse = purses[best]
  local is_reserved = at - now <= patience and purse.rest - now <= longest_rest
  if is_reserved then
    purse.last = at
    for _, window in ipairs(purse.windows) do add(window, at + window.length, weight) end
  end
  grants[#grants + 1] = {at - now, best - 1, is_reserved and 1 or 0, at}
end
for _, purse in ipairs(purses) do close(purse) end
return grants
"""
)
"""KEYS: a hash per credential. ARGV: the windows, the patience and the longest rest in milliseconds, then weights.

Returns per weight: the wait in milliseconds, the credential, whether it was set aside, the instant of its turn.
"""

REFUND: Final = (
    _WINDOWS
    + """
local weight, at = argument(), argument()
local purse = open(KEYS[1])
for _, window in ipairs(purse.windows) do
  local free_at = rounded(window, at + window.length)
  for n = 1, #window.free_at do
    if window.free_at[n] == free_at then window.weight[n] = math.max(0, window.weight[n] - weight) end
  end
end
close(purse)
return 1
"""
)
"""KEYS: the hash of the credential. ARGV: the windows, the weight, the instant of its turn."""

CORRECT: Final = (
    _WINDOWS
    + """
local purse = open(KEYS[1])
local rest = argument()
if rest > 0 then purse.rest = math.max(purse.rest, now + rest) end
while ARGV[next_argument] do
  local window, used, remains = purse.windows[argument() + 1], argument(), argument()
  -- What is set aside for later turns has not reached the provider, and it has not counted it.
  local later = 0
  for n = 1, #window.free_at do
    if window.free_at[n] > rounded(window, now + window.length) then later = later + window.weight[n] end
  end
  local unknown = used - (window.total - later)
  if unknown > 1e-9 and remains > 0 then
    add(window, now + math.min(remains, window.length), unknown)
  end
end
close(purse)
return 1
"""
)
"""KEYS: the hash of the credential. ARGV: the windows, the rest in milliseconds, then triples of window, used, milliseconds."""

STANDING: Final = (
    _WINDOWS
    + """
local told = {}
for i, key in ipairs(KEYS) do
  local purse = open(key)
  for _, window in ipairs(purse.windows) do
    told[#told + 1] = {string.format('%.10g', window.total), math.max(0, purse.rest - now)}
  end
end
return told
"""
)
"""KEYS: a hash per credential. ARGV: the windows. Returns per credential and window: weight used, milliseconds of rest."""
