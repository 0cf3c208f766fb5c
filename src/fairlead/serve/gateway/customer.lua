-- Who calls? Runs on every request; HEADER, TOLD_IN, KEYS (digest -> customer) and PROXIES (address bits) stand before it.
local bit = require("bit")
local band, bnot, bxor, ror, rshift, tobit, tohex =
  bit.band, bit.bnot, bit.bxor, bit.ror, bit.rshift, bit.tobit, bit.tohex
local floor = math.floor

local MAX_KEY, MAX_NAME, MAX_CACHED = 512, 128, 4096

-- FIPS 180-4, 4.2.2 and 5.3.3: fractions of the cube and square roots of the first primes.
local function fraction(root)
  return tobit(floor((root - floor(root)) * 4294967296))
end

local K, START = {}, {}
do
  local candidate = 2
  while #K < 64 do
    local prime = true
    for divisor = 2, floor(candidate ^ 0.5) do
      if candidate % divisor == 0 then prime = false break end
    end
    if prime then
      K[#K + 1] = fraction(candidate ^ (1 / 3))
      if #START < 8 then START[#START + 1] = fraction(candidate ^ 0.5) end
    end
    candidate = candidate + 1
  end
end

local W = {}

-- FIPS 180-4, 6.2.2.
local function compress(state, text, at)
  for t = 1, 16 do
    local a, b, c, d = text:byte(at + t * 4 - 4, at + t * 4 - 1)
    W[t] = tobit(a * 16777216 + b * 65536 + c * 256 + d)
  end
  for t = 17, 64 do
    local x, y = W[t - 15], W[t - 2]
    local s0 = bxor(ror(x, 7), ror(x, 18), rshift(x, 3))
    local s1 = bxor(ror(y, 17), ror(y, 19), rshift(y, 10))
    W[t] = tobit(W[t - 16] + s0 + W[t - 7] + s1)
  end
  local a, b, c, d, e, f, g, h = unpack(state)
  for t = 1, 64 do
    local s1 = bxor(ror(e, 6), ror(e, 11), ror(e, 25))
    local first = tobit(h + s1 + bxor(band(e, f), band(bnot(e), g)) + K[t] + W[t])
    local s0 = bxor(ror(a, 2), ror(a, 13), ror(a, 22))
    local second = tobit(s0 + bxor(band(a, b), band(a, c), band(b, c)))
    h, g, f, e, d, c, b, a = g, f, e, tobit(d + first), c, b, a, tobit(first + second)
  end
  local added = { a, b, c, d, e, f, g, h }
  for place = 1, 8 do state[place] = tobit(state[place] + added[place]) end
end

local function sha256(text)
  local bits = #text * 8
  local length = string.char(0, 0, 0, 0, floor(bits / 16777216) % 256, floor(bits / 65536) % 256,
    floor(bits / 256) % 256, bits % 256)
  local padded = text .. "\128" .. string.rep("\0", (55 - #text) % 64) .. length
  local state = { unpack(START) }
  for at = 1, #padded, 64 do compress(state, padded, at) end
  for place = 1, 8 do state[place] = tohex(state[place]) end
  return table.concat(state)
end

-- A table that forgets everything when it is full: bounded, and the few keys that are in use come back at once.
local function bounded(compute)
  local known, count = {}, 0
  return function(text)
    local value = known[text]
    if value == nil then
      if count >= MAX_CACHED then known, count = {}, 0 end
      value = compute(text)
      known[text], count = value, count + 1
    end
    return value
  end
end

local customer_of_key = bounded(function(key)
  return KEYS[sha256(key)] or false
end)

local function binary(number, width)
  local digits = {}
  for place = width, 1, -1 do
    digits[place] = number % 2
    number = floor(number / 2)
  end
  return table.concat(digits)
end

-- "4:" and 32 binary digits, or "6:" and 128 of them.
local function address_bits(peer)
  local a, b, c, d = peer:match("^(%d+)%.(%d+)%.(%d+)%.(%d+):%d+$")
  if a then return "4:" .. binary(a, 8) .. binary(b, 8) .. binary(c, 8) .. binary(d, 8) end
  local text = peer:match("^%[([%x:]+)%]:%d+$")
  if not text then return "" end
  local head, tail = text:match("^(.-)::(.*)$")
  local groups, after = {}, {}
  for group in (head or text):gmatch("%x+") do groups[#groups + 1] = binary(tonumber(group, 16), 16) end
  for group in (tail or ""):gmatch("%x+") do after[#after + 1] = binary(tonumber(group, 16), 16) end
  while #groups + #after < 8 do groups[#groups + 1] = binary(0, 16) end
  return "6:" .. table.concat(groups) .. table.concat(after)
end

local function is_trusted(peer)
  if #PROXIES == 0 then return false end
  local bits = address_bits(peer)
  for _, network in ipairs(PROXIES) do
    if bits:sub(1, #network) == network then return true end
  end
  return false
end

local function key_in(headers)
  local key = headers:get("x-api-key")
  if not key then
    local authorization = headers:get("authorization")
    key = authorization and authorization:match("^[Bb]earer%s+(%S+)$")
  end
  return key and #key <= MAX_KEY and key
end

local function customer_in(headers, info)
  local key = key_in(headers)
  local customer = key and customer_of_key(key)
  if customer then return customer end
  local named = headers:get(HEADER)
  if named and #named <= MAX_NAME and named ~= "" and not named:find("%c")
    and is_trusted(info:downstreamDirectRemoteAddress()) then
    return named
  end
  return "unknown"
end

-- A release is chosen by the customer: said in a header that goes no further, and chosen anew.
local function tell(handle, headers, customer)
  if customer == "unknown" then headers:remove(TOLD_IN) else headers:replace(TOLD_IN, customer) end
  handle:clearRouteCache()
end

function envoy_on_request(handle)
  local headers, info = handle:headers(), handle:streamInfo()
  local customer = customer_in(headers, info)
  info:dynamicMetadata():set("fairlead", "customer", customer)
  headers:remove("authorization")
  headers:remove("x-api-key")
  headers:remove(HEADER)
  headers:remove("x-envoy-original-path")
  local request = headers:get("x-request-id")
  if request and (#request > MAX_NAME or request:find("[^%w%-_%.:]")) then
    headers:replace("x-request-id", request:sub(1, MAX_NAME):gsub("[^%w%-_%.:]", "_"))
  end
  if TOLD_IN then tell(handle, headers, customer) end
end
