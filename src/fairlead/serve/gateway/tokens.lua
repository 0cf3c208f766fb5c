-- How many tokens does the answer itself state? Runs on answers of the OpenAI protocol, streamed or not, piece by
-- piece: nothing is held back but a `usage` object that is not yet whole, up to a limit.
local MAX_HELD = 4096
-- Of `"usage"` seven bytes may stand at the end of a piece with the last one missing.
local OVERLAP = 7

-- Both spellings in use: chat completions and embeddings, and the newer responses.
local FIELDS = {
  prompt_tokens = "input_tokens",
  input_tokens = "input_tokens",
  completion_tokens = "output_tokens",
  output_tokens = "output_tokens",
}

local function note(handle, usage)
  local metadata = handle:streamInfo():dynamicMetadata()
  for field, name in pairs(FIELDS) do
    local count = usage:match('"' .. field .. '"%s*:%s*(%d+)')
    if count then metadata:set("fairlead", name, tonumber(count)) end
  end
end

-- Notes every whole usage object of `text` (the last one counts) and answers what must be seen again with the next
-- piece. Inside a JSON string the quotes are escaped, so `"usage":{` can only be a key.
local function scan(handle, text)
  local from = 1
  while true do
    local first, last = text:find('"usage"', from, true)
    if not first then return text:sub(-OVERLAP) end
    local usage = text:match("^%s*:%s*(%b{})", last + 1)
    if usage then
      note(handle, usage)
    elseif text:find("^%s*:?%s*$", last + 1) or text:find("^%s*:%s*{", last + 1) then
      local held = text:sub(first)
      return #held <= MAX_HELD and held or ""
    end
    from = last + 1
  end
end

function envoy_on_response(handle)
  local held = ""
  for piece in handle:bodyChunks() do
    local size = piece:length()
    if size > 0 then held = scan(handle, held .. piece:getBytes(0, size)) end
  end
end
