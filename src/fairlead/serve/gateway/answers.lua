-- What was answered? Runs where a route keeps its answers: JSON of at most MAX_KEPT bytes goes into the access line.
-- Pieces are noted as they pass; nothing is held back.
local MAX_KEPT = 2048

local function is_kept(headers)
  local kind = headers:get("content-type") or ""
  local json = kind:find("^application/json") or kind:find("^application/[%w.-]+%+json")
  return json and not headers:get("content-encoding")
    and (tonumber(headers:get("content-length") or "0") or 0) <= MAX_KEPT
end

function envoy_on_response(handle)
  if not handle:metadata():get("kept") or not is_kept(handle:headers()) then return end
  local pieces, size = {}, 0
  for piece in handle:bodyChunks() do
    local length = piece:length()
    size = size + length
    if size > MAX_KEPT then return end
    if length > 0 then pieces[#pieces + 1] = piece:getBytes(0, length) end
  end
  local answer = table.concat(pieces)
  -- No JSON has a zero byte, and metadata would end there.
  if size > 0 and not answer:find("\0", 1, true) then
    handle:streamInfo():dynamicMetadata():set("fairlead", "answer", answer)
  end
end
