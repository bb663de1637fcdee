"""What Redis does in one step each, as Lua.

A shard is a hash (``owner``, ``generation``, ``offset``, ``seq``, ``published_at``, ``record``), a
hash of its rows and a sorted set that says at which ``seq`` each row changed last. ``owner`` is one
shard object in one process: only who wrote the last state may write the next change to it.
Times are those of Redis, so the clocks of workers do not matter.
"""

from __future__ import annotations

NOW = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)"

PUBLISH = f"""
{NOW}
local owner, generation, offset = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local seq, acked, is_whole = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6] == '1'
local expire_ms, record, gone = ARGV[7], ARGV[8], tonumber(ARGV[9])
local known = redis.call('HMGET', KEYS[1], 'owner', 'generation', 'offset', 'seq')
local is_ours = known[1] == owner
if known[1] then
  if generation < tonumber(known[2]) then return 'lower_generation' end
  if offset < tonumber(known[3]) then return 'lower_offset' end
  if is_ours and seq <= tonumber(known[4]) then return 'lower_seq' end
end
if not is_whole and not (is_ours and tonumber(known[4]) >= acked) then return 'everything' end
-- First of all, so that a Redis that may not write (memory full, replica) has changed nothing.
redis.call('HSET', KEYS[1], 'owner', owner, 'generation', generation, 'offset', offset,
  'seq', seq, 'published_at', now, 'record', record)
if is_whole then redis.call('DEL', KEYS[2], KEYS[3]) end
for at = 10, 9 + gone do
  redis.call('HDEL', KEYS[2], ARGV[at])
  redis.call('ZREM', KEYS[3], ARGV[at])
end
for at = 10 + gone, #ARGV, 2 do
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
  redis.call('ZADD', KEYS[3], seq, ARGV[at])
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, expire_ms) end
return 'written'
"""
"""KEYS head, rows, seqs. ARGV owner, generation, offset, the owner's number of this publication and
of the last acknowledged one, 1 if all rows are given, expiry, record, number of rows that are gone,
these, then key and bytes of each row. Returns ``written``, or why nothing was."""

BEAT = f"""
{NOW}
local known = redis.call('HMGET', KEYS[1], 'owner', 'generation', 'seq')
if known[1] == ARGV[1] then
  if tonumber(known[3]) < tonumber(ARGV[3]) then return 'everything' end
  redis.call('HSET', KEYS[1], 'published_at', now)
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[4]) end
  return 'fresh'
end
if known[1] and tonumber(known[2]) > tonumber(ARGV[2]) then return 'lower_generation' end
return 'everything'
"""
"""KEYS as above. ARGV owner, generation, last acknowledged seq, expiry. Nothing changed since."""

READ = f"""
{NOW}
local head = redis.call('HMGET', KEYS[1], 'owner', 'generation', 'offset', 'seq', 'published_at')
if not head[1] then return {{}} end
local answer = {{head[1], tonumber(head[2]), tonumber(head[3]), tonumber(head[4]), now - head[5]}}
if ARGV[3] == '0' then return answer end
local is_same = head[1] == ARGV[1] and tonumber(head[4]) >= tonumber(ARGV[2])
local names = redis.call('ZRANGEBYSCORE', KEYS[3], is_same and '(' .. ARGV[2] or '-inf', '+inf')
answer[6] = redis.call('HGET', KEYS[1], 'record')
answer[7] = names
answer[8] = {{}}
for at, name in ipairs(names) do answer[8][at] = redis.call('HGET', KEYS[2], name) end
return answer
"""
"""KEYS as above. ARGV owner and seq read last, 0 if only the head is wanted. Returns nothing for an
unknown shard, else owner, generation, offset, seq, age in ms, and what changed since: the record,
the keys of rows and their bytes."""

HOLD = f"""
{NOW}
local holder = redis.call('GET', KEYS[1])
local term = tonumber(redis.call('GET', KEYS[2]) or 0)
if holder and holder ~= ARGV[1] then return {{0, term}} end
if not holder then
  local known, is_valid, is_patient = tonumber(ARGV[4]), ARGV[5] == '1', ARGV[6] == '1'
  if term == 0 and not is_valid and not is_patient then return {{-1, 0}} end
  local is_forgotten = term == 0
  if term < known then term = known end
  if not is_valid then term = term + 1 end
  -- The last term may be known to nobody who is here.
  if is_forgotten and not is_valid and term < now then term = now end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], term, 'PX', ARGV[3])
return {{1, term}}
"""
"""KEYS lease, term. ARGV id, lease in ms, expiry of the term, highest term known, 1 if the lease
still is the asker's by its own clock, 1 if it has waited a whole lease since it found Redis empty.
Returns 1 and the term if the lease is the asker's now, 0 if it is another's, -1 to wait. A term is
one more than the last; of a Redis that knows of none, its time in ms, which is more than any."""

RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
