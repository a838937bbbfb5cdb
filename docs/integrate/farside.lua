-- Wireshark's view of the packets of `farside serve`.
-- Copy it to Wireshark's personal plugin folder (Help, About, Folders), or
--   tshark -X lua_script:farside.lua -i lo -f "udp port 47100" -V
-- made: words (python -m farside.adapters.packet_tables)
local kinds = {[1] = "HELLO", [2] = "WELCOME", [3] = "STATE", [4] = "COMMAND", [5] = "AIM", [6] = "ANSWER", [7] = "STOP"}
local codes = {[0] = "DONE", [1] = "SIZE", [2] = "VERSION", [3] = "CHECKSUM", [4] = "BUSY", [5] = "SESSION", [6] = "STALE", [7] = "TICK", [8] = "NUMBER", [9] = "PHASE"}
-- end: words

-- where, first byte, bytes, type, name
local numbers = {
-- made: fields
  -- Header, 32 bytes
  {"farside", 0, 4, "bytes", "magic"},
  {"farside", 4, 4, "uint32", "checksum"},
  {"farside", 8, 1, "uint8", "version"},
  {"farside", 9, 1, "uint8", "kind"},
  {"farside", 10, 2, "uint16", "size"},
  {"farside", 12, 4, "uint32", "sequence"},
  {"farside", 16, 8, "uint64", "session"},
  {"farside", 24, 8, "int64", "tick"},
  -- HELLO, kind 1, 128 bytes
  {"farside.hello", 32, 8, "uint64", "nonce"},
  {"farside.hello", 40, 4, "int32", "phase"},
  {"farside.hello", 44, 84, "bytes", "padding"},
  -- WELCOME, kind 2, 104 bytes
  {"farside.welcome", 32, 8, "uint64", "nonce"},
  {"farside.welcome", 40, 8, "int64", "last_tick"},
  {"farside.welcome", 48, 4, "uint32", "hold_ticks"},
  {"farside.welcome", 52, 4, "uint32", "timeout_ms"},
  {"farside.welcome", 56, 4, "int32", "phase"},
  {"farside.welcome", 60, 4, "uint32", "phases"},
  {"farside.welcome", 64, 4, "uint32", "table"},
  {"farside.welcome", 68, 4, "uint32", "hertz"},
  {"farside.welcome", 72, 32, "bytes", "mission"},
  -- STATE, kind 3, 168 bytes
  {"farside.state", 32, 8, "double", "r_site_0"},
  {"farside.state", 40, 8, "double", "r_site_1"},
  {"farside.state", 48, 8, "double", "r_site_2"},
  {"farside.state", 56, 8, "double", "v_site_0"},
  {"farside.state", 64, 8, "double", "v_site_1"},
  {"farside.state", 72, 8, "double", "v_site_2"},
  {"farside.state", 80, 8, "double", "q_site_body_0"},
  {"farside.state", 88, 8, "double", "q_site_body_1"},
  {"farside.state", 96, 8, "double", "q_site_body_2"},
  {"farside.state", 104, 8, "double", "q_site_body_3"},
  {"farside.state", 112, 8, "double", "omega_body_0"},
  {"farside.state", 120, 8, "double", "omega_body_1"},
  {"farside.state", 128, 8, "double", "omega_body_2"},
  {"farside.state", 136, 8, "double", "mass_kg"},
  {"farside.state", 144, 8, "double", "accel_mps2"},
  {"farside.state", 152, 8, "double", "height_m"},
  {"farside.state", 160, 4, "int32", "contact"},
  {"farside.state", 164, 4, "int32", "rest"},
  -- COMMAND, kind 4, 168 bytes
  {"farside.command", 32, 8, "double", "direction_site_0"},
  {"farside.command", 40, 8, "double", "direction_site_1"},
  {"farside.command", 48, 8, "double", "direction_site_2"},
  {"farside.command", 56, 8, "double", "heading_rad"},
  {"farside.command", 64, 8, "double", "q_site_body_0"},
  {"farside.command", 72, 8, "double", "q_site_body_1"},
  {"farside.command", 80, 8, "double", "q_site_body_2"},
  {"farside.command", 88, 8, "double", "q_site_body_3"},
  {"farside.command", 96, 8, "double", "thrust_n"},
  {"farside.command", 104, 8, "double", "torque_nm_0"},
  {"farside.command", 112, 8, "double", "torque_nm_1"},
  {"farside.command", 120, 8, "double", "torque_nm_2"},
  {"farside.command", 128, 8, "double", "time_to_go_s"},
  {"farside.command", 136, 4, "int32", "phase"},
  {"farside.command", 140, 4, "int32", "status"},
  {"farside.command", 144, 4, "int32", "link"},
  {"farside.command", 148, 4, "int32", "reason"},
  {"farside.command", 152, 8, "double", "safe_thrust_n"},
  {"farside.command", 160, 4, "uint32", "hold_ticks"},
  {"farside.command", 164, 4, "uint32", "flags"},
  -- AIM, kind 5, 72 bytes
  {"farside.aim", 32, 8, "double", "site_0"},
  {"farside.aim", 40, 8, "double", "site_1"},
  {"farside.aim", 48, 8, "double", "site_2"},
  {"farside.aim", 56, 8, "double", "heading_rad"},
  {"farside.aim", 64, 4, "uint32", "flags"},
  {"farside.aim", 68, 4, "uint32", "nothing"},
  -- ANSWER, kind 6, 40 bytes
  {"farside.answer", 32, 4, "uint32", "code"},
  {"farside.answer", 36, 4, "uint32", "request"},
  -- STOP, kind 7, 40 bytes
  {"farside.stop", 32, 8, "uint64", "nothing"},
-- end: fields
}

local farside = Proto("farside", "farside UDP link")
local shown = {}
for _, n in ipairs(numbers) do
  local short = n[1] .. "." .. n[5]
  local words
  if short == "farside.kind" or short == "farside.answer.request" then words = kinds end
  if short == "farside.answer.code" then words = codes end
  local field
  if words then
    field = ProtoField[n[4]](short, n[5], base.DEC, words)
  else
    field = ProtoField[n[4]](short, n[5])
  end
  shown[#shown + 1] = {part = n[1], at = n[2], size = n[3], field = field}
end
local fields = {}
for i, s in ipairs(shown) do fields[i] = s.field end
farside.fields = fields

function farside.dissector(buffer, info, tree)
  if buffer:len() < 32 or buffer(0, 4):string() ~= "FSDL" then return 0 end
  local kind = kinds[buffer(9, 1):uint()]
  info.cols.protocol = "FARSIDE"
  info.cols.info = (kind or "unknown") .. " tick " .. tostring(buffer(24, 8):le_int64())
  local branch = tree:add(farside, buffer())
  local body = kind and "farside." .. kind:lower()
  for _, s in ipairs(shown) do
    if (s.part == "farside" or s.part == body) and s.at + s.size <= buffer:len() then
      branch:add_le(s.field, buffer(s.at, s.size))
    end
  end
  return buffer:len()
end

DissectorTable.get("udp.port"):add(47100, farside)
