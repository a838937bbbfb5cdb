-- Wireshark's view of the packets of `farside serve`.
-- Copy it to Wireshark's personal plugin folder (Help, About, Folders), or
--   tshark -X lua_script:farside.lua -i lo -f "udp port 47100" -V
-- made: words (python -m farside.adapters.packet_tables)
local kinds = {[1] = "HELLO", [2] = "WELCOME", [3] = "STATE", [4] = "COMMAND", [5] = "AIM", [6] = "ANSWER", [7] = "STOP", [8] = "MISSING", [9] = "SCAN", [10] = "DECISION", [11] = "POINTS", [13] = "DECIDE"}
local codes = {[0] = "DONE", [1] = "SIZE", [2] = "VERSION", [3] = "CHECKSUM", [4] = "BUSY", [5] = "SESSION", [6] = "STALE", [7] = "TICK", [8] = "NUMBER", [9] = "PHASE", [10] = "PENDING", [11] = "SCAN"}
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
  -- STATE, kind 3, 176 bytes
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
  {"farside.state", 160, 8, "double", "height_sigma_m"},
  {"farside.state", 168, 4, "int32", "contact"},
  {"farside.state", 172, 4, "int32", "rest"},
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
  -- SCAN, kind 9, 112 bytes
  {"farside.scan", 32, 4, "uint32", "number"},
  {"farside.scan", 36, 4, "uint32", "count"},
  {"farside.scan", 40, 4, "uint32", "chunks"},
  {"farside.scan", 44, 4, "uint32", "flags"},
  {"farside.scan", 48, 8, "double", "r_site_0"},
  {"farside.scan", 56, 8, "double", "r_site_1"},
  {"farside.scan", 64, 8, "double", "r_site_2"},
  {"farside.scan", 72, 8, "double", "v_site_0"},
  {"farside.scan", 80, 8, "double", "v_site_1"},
  {"farside.scan", 88, 8, "double", "v_site_2"},
  {"farside.scan", 96, 8, "double", "mass_kg"},
  {"farside.scan", 104, 8, "double", "sigma_m"},
  -- POINTS, kind 11, 1440 bytes
  {"farside.points", 32, 4, "uint32", "number"},
  {"farside.points", 36, 4, "uint32", "chunk"},
  {"farside.points", 40, 4, "uint32", "chunks"},
  {"farside.points", 44, 4, "uint32", "nothing"},
  {"farside.points", 48, 1392, "bytes", "points"},
  -- DECIDE, kind 13, 616 bytes
  {"farside.decide", 32, 4, "uint32", "number"},
  {"farside.decide", 36, 4, "uint32", "flags"},
  {"farside.decide", 40, 8, "double", "r_site_0"},
  {"farside.decide", 48, 8, "double", "r_site_1"},
  {"farside.decide", 56, 8, "double", "r_site_2"},
  {"farside.decide", 64, 8, "double", "v_site_0"},
  {"farside.decide", 72, 8, "double", "v_site_1"},
  {"farside.decide", 80, 8, "double", "v_site_2"},
  {"farside.decide", 88, 8, "double", "mass_kg"},
  {"farside.decide", 96, 8, "double", "hovered_s"},
  {"farside.decide", 104, 512, "bytes", "padding"},
  -- MISSING, kind 8, 168 bytes
  {"farside.missing", 32, 4, "uint32", "number"},
  {"farside.missing", 36, 4, "uint32", "count"},
  {"farside.missing", 40, 4, "uint32", "chunk_0"},
  {"farside.missing", 44, 4, "uint32", "chunk_1"},
  {"farside.missing", 48, 4, "uint32", "chunk_2"},
  {"farside.missing", 52, 4, "uint32", "chunk_3"},
  {"farside.missing", 56, 4, "uint32", "chunk_4"},
  {"farside.missing", 60, 4, "uint32", "chunk_5"},
  {"farside.missing", 64, 4, "uint32", "chunk_6"},
  {"farside.missing", 68, 4, "uint32", "chunk_7"},
  {"farside.missing", 72, 4, "uint32", "chunk_8"},
  {"farside.missing", 76, 4, "uint32", "chunk_9"},
  {"farside.missing", 80, 4, "uint32", "chunk_10"},
  {"farside.missing", 84, 4, "uint32", "chunk_11"},
  {"farside.missing", 88, 4, "uint32", "chunk_12"},
  {"farside.missing", 92, 4, "uint32", "chunk_13"},
  {"farside.missing", 96, 4, "uint32", "chunk_14"},
  {"farside.missing", 100, 4, "uint32", "chunk_15"},
  {"farside.missing", 104, 4, "uint32", "chunk_16"},
  {"farside.missing", 108, 4, "uint32", "chunk_17"},
  {"farside.missing", 112, 4, "uint32", "chunk_18"},
  {"farside.missing", 116, 4, "uint32", "chunk_19"},
  {"farside.missing", 120, 4, "uint32", "chunk_20"},
  {"farside.missing", 124, 4, "uint32", "chunk_21"},
  {"farside.missing", 128, 4, "uint32", "chunk_22"},
  {"farside.missing", 132, 4, "uint32", "chunk_23"},
  {"farside.missing", 136, 4, "uint32", "chunk_24"},
  {"farside.missing", 140, 4, "uint32", "chunk_25"},
  {"farside.missing", 144, 4, "uint32", "chunk_26"},
  {"farside.missing", 148, 4, "uint32", "chunk_27"},
  {"farside.missing", 152, 4, "uint32", "chunk_28"},
  {"farside.missing", 156, 4, "uint32", "chunk_29"},
  {"farside.missing", 160, 4, "uint32", "chunk_30"},
  {"farside.missing", 164, 4, "uint32", "chunk_31"},
  -- DECISION, kind 10, 616 bytes
  {"farside.decision", 32, 4, "uint32", "number"},
  {"farside.decision", 36, 4, "uint32", "reason"},
  {"farside.decision", 40, 4, "uint32", "flags"},
  {"farside.decision", 44, 4, "int32", "scan_number"},
  {"farside.decision", 48, 8, "double", "target_0"},
  {"farside.decision", 56, 8, "double", "target_1"},
  {"farside.decision", 64, 8, "double", "target_2"},
  {"farside.decision", 72, 8, "double", "heading_rad"},
  {"farside.decision", 80, 4, "uint32", "ranked"},
  {"farside.decision", 84, 4, "uint32", "nothing"},
  {"farside.decision", 88, 8, "double", "east_m_0"},
  {"farside.decision", 96, 8, "double", "east_m_1"},
  {"farside.decision", 104, 8, "double", "east_m_2"},
  {"farside.decision", 112, 8, "double", "east_m_3"},
  {"farside.decision", 120, 8, "double", "east_m_4"},
  {"farside.decision", 128, 8, "double", "east_m_5"},
  {"farside.decision", 136, 8, "double", "north_m_0"},
  {"farside.decision", 144, 8, "double", "north_m_1"},
  {"farside.decision", 152, 8, "double", "north_m_2"},
  {"farside.decision", 160, 8, "double", "north_m_3"},
  {"farside.decision", 168, 8, "double", "north_m_4"},
  {"farside.decision", 176, 8, "double", "north_m_5"},
  {"farside.decision", 184, 8, "double", "height_m_0"},
  {"farside.decision", 192, 8, "double", "height_m_1"},
  {"farside.decision", 200, 8, "double", "height_m_2"},
  {"farside.decision", 208, 8, "double", "height_m_3"},
  {"farside.decision", 216, 8, "double", "height_m_4"},
  {"farside.decision", 224, 8, "double", "height_m_5"},
  {"farside.decision", 232, 8, "double", "slope_deg_0"},
  {"farside.decision", 240, 8, "double", "slope_deg_1"},
  {"farside.decision", 248, 8, "double", "slope_deg_2"},
  {"farside.decision", 256, 8, "double", "slope_deg_3"},
  {"farside.decision", 264, 8, "double", "slope_deg_4"},
  {"farside.decision", 272, 8, "double", "slope_deg_5"},
  {"farside.decision", 280, 8, "double", "roughness_m_0"},
  {"farside.decision", 288, 8, "double", "roughness_m_1"},
  {"farside.decision", 296, 8, "double", "roughness_m_2"},
  {"farside.decision", 304, 8, "double", "roughness_m_3"},
  {"farside.decision", 312, 8, "double", "roughness_m_4"},
  {"farside.decision", 320, 8, "double", "roughness_m_5"},
  {"farside.decision", 328, 8, "double", "clearance_m_0"},
  {"farside.decision", 336, 8, "double", "clearance_m_1"},
  {"farside.decision", 344, 8, "double", "clearance_m_2"},
  {"farside.decision", 352, 8, "double", "clearance_m_3"},
  {"farside.decision", 360, 8, "double", "clearance_m_4"},
  {"farside.decision", 368, 8, "double", "clearance_m_5"},
  {"farside.decision", 376, 8, "double", "score_0"},
  {"farside.decision", 384, 8, "double", "score_1"},
  {"farside.decision", 392, 8, "double", "score_2"},
  {"farside.decision", 400, 8, "double", "score_3"},
  {"farside.decision", 408, 8, "double", "score_4"},
  {"farside.decision", 416, 8, "double", "score_5"},
  {"farside.decision", 424, 8, "double", "cost_0"},
  {"farside.decision", 432, 8, "double", "cost_1"},
  {"farside.decision", 440, 8, "double", "cost_2"},
  {"farside.decision", 448, 8, "double", "cost_3"},
  {"farside.decision", 456, 8, "double", "cost_4"},
  {"farside.decision", 464, 8, "double", "cost_5"},
  {"farside.decision", 472, 8, "double", "probability_0"},
  {"farside.decision", 480, 8, "double", "probability_1"},
  {"farside.decision", 488, 8, "double", "probability_2"},
  {"farside.decision", 496, 8, "double", "probability_3"},
  {"farside.decision", 504, 8, "double", "probability_4"},
  {"farside.decision", 512, 8, "double", "probability_5"},
  {"farside.decision", 520, 8, "double", "heading_deg_0"},
  {"farside.decision", 528, 8, "double", "heading_deg_1"},
  {"farside.decision", 536, 8, "double", "heading_deg_2"},
  {"farside.decision", 544, 8, "double", "heading_deg_3"},
  {"farside.decision", 552, 8, "double", "heading_deg_4"},
  {"farside.decision", 560, 8, "double", "heading_deg_5"},
  {"farside.decision", 568, 4, "uint32", "reasons_0"},
  {"farside.decision", 572, 4, "uint32", "reasons_1"},
  {"farside.decision", 576, 4, "uint32", "reasons_2"},
  {"farside.decision", 580, 4, "uint32", "reasons_3"},
  {"farside.decision", 584, 4, "uint32", "reasons_4"},
  {"farside.decision", 588, 4, "uint32", "reasons_5"},
  {"farside.decision", 592, 4, "uint32", "least_bad_0"},
  {"farside.decision", 596, 4, "uint32", "least_bad_1"},
  {"farside.decision", 600, 4, "uint32", "least_bad_2"},
  {"farside.decision", 604, 4, "uint32", "least_bad_3"},
  {"farside.decision", 608, 4, "uint32", "least_bad_4"},
  {"farside.decision", 612, 4, "uint32", "least_bad_5"},
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
