"use strict";
// Draws a cell's horizon and what moves over it, from tables packed in the page.
const data = JSON.parse(document.getElementById("data").textContent);
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
const horizon = new Int16Array(bytes(data.horizon));
const axes = new Float32Array(bytes(data.axes));
const places = data.bodies.map((body) => new Float32Array(bytes(body.places)));
const DEG = 180 / Math.PI;
let cell = data.best;
let now = Math.floor(data.count / 2);

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colours = () => data.bodies.map((body, k) => style(["--sun", "--b1", "--b2"][k % 3]));

// Elevation of the horizon [deg] of a cell in a bearing from its grid's up.
function ground(c, bearing) {
  const n = data.azimuths, x = (((bearing % 360) + 360) % 360) / 360 * n;
  const i = Math.floor(x) % n, f = x - Math.floor(x), at = c * n;
  return ((1 - f) * horizon[at + i] + f * horizon[at + (i + 1) % n]) / 100;
}

// Bearing and elevation [deg] of a body at an instant.
function direction(c, body, t) {
  const p = places[body], a = 10 * c, x = p[3 * t], y = p[3 * t + 1], z = p[3 * t + 2];
  const dot = (k) => x * axes[a + k] + y * axes[a + k + 1] + z * axes[a + k + 2];
  const right = dot(0), up = dot(3), zenith = dot(6) - axes[a + 9];
  return [Math.atan2(right, up) * DEG, Math.atan2(zenith, Math.hypot(right, up)) * DEG];
}

// Share of the disc's middle chord above terrain and mask.
function share(c, body, t) {
  const [bearing, height] = direction(c, body, t), b = data.bodies[body];
  const low = Math.max(ground(c, bearing), b.lowest);
  if (b.radius <= 0) return height > low ? 1 : 0;
  return Math.min(1, Math.max(0, (height + b.radius - low) / (2 * b.radius)));
}

function sheet(id, ratio) {
  const canvas = document.getElementById(id), scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = Math.round(width * ratio);
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.height = height + "px";
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.font = "12px system-ui, sans-serif";
  return [pen, width, height];
}

const picture = new Image();
picture.src = "data:image/png;base64," + data.map;

function drawMap() {
  const [pen, w, h] = sheet("map", Math.min(1.6, data.aspect));
  pen.imageSmoothingEnabled = false;
  pen.drawImage(picture, 0, 0, w, h);
  const x = (data.cellCols[cell] + 0.5) / data.cols * w, y = (data.cellRows[cell] + 0.5) / data.rows * h;
  for (const [colour, width] of [["#ffffff", 4], ["#d55e00", 2]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    pen.arc(x, y, 7, 0, 2 * Math.PI);
    pen.stroke();
  }
}

// The sky laid out like the map: north up, east right, the zenith in the middle.
function drawSky() {
  const [pen, w, h] = sheet("sky", 0.8);
  const turn = data.turn[cell], n = data.azimuths;
  let top = 6;
  for (let i = 0; i < n; i++) top = Math.max(top, horizon[cell * n + i] / 100 + 2);
  const low = Math.min(-3, ...Array.from({ length: n }, (_, i) => Math.max(-20, horizon[cell * n + i] / 100 - 1)));
  for (let b = 0; b < data.bodies.length; b++) {
    for (let t = 0; t < data.count; t += 6) top = Math.max(top, Math.min(90, direction(cell, b, t)[1] + 2));
  }
  const cx = w / 2, cy = h / 2, radius = Math.min(w, h) / 2 - 24;
  // a root of the elevation: the horizon's few degrees get most of the room
  const out = (height) => radius * (1 - Math.sqrt(Math.min(1, Math.max(0, (height - low) / (top - low)))));
  const spot = (azimuth, height) => [cx + out(height) * Math.sin(azimuth / DEG), cy - out(height) * Math.cos(azimuth / DEG)];
  pen.fillStyle = style("--ground");
  pen.beginPath();
  pen.arc(cx, cy, radius, 0, 2 * Math.PI);
  for (let i = 0; i <= n; i++) {
    const [x, y] = spot(360 * i / n + turn, Math.max(low, horizon[cell * n + i % n] / 100));
    if (i) pen.lineTo(x, y); else pen.moveTo(x, y);
  }
  pen.fill("evenodd");
  pen.strokeStyle = style("--line");
  pen.fillStyle = style("--soft");
  for (const e of [-10, 0, 2, 5, 10, 20, 40, 70].filter((e) => low < e && e < top)) {
    pen.lineWidth = e === 0 ? 2 : 1;
    pen.beginPath();
    pen.arc(cx, cy, out(e), 0, 2 * Math.PI);
    pen.stroke();
    pen.fillText(e + "\u00b0", cx + 3, cy - out(e) - 2);
  }
  for (const [name, a] of [["N", 0], ["E", 90], ["S", 180], ["W", 270]]) {
    pen.fillText(name, cx + (radius + 10) * Math.sin(a / DEG) - 4, cy - (radius + 10) * Math.cos(a / DEG) + 4);
  }
  // the day about the instant: a lunation either way would only be a band
  const paint = colours(), hours = Math.max(1, Math.round(12 * 3600000 / data.stepMs));
  for (let b = 0; b < data.bodies.length; b++) {
    pen.strokeStyle = pen.fillStyle = paint[b];
    pen.lineWidth = 1.5;
    pen.beginPath();
    let open = false;
    for (let t = Math.max(0, now - 14 * hours); t < Math.min(data.count, now + 14 * hours); t++) {
      const [bearing, height] = direction(cell, b, t);
      if (height < low) { open = false; continue; }
      const [x, y] = spot(bearing + turn, height);
      if (open) pen.lineTo(x, y); else pen.moveTo(x, y);
      open = true;
    }
    pen.stroke();
    const [bearing, height] = direction(cell, b, now);
    if (height < low) continue;
    const [x, y] = spot(bearing + turn, height);
    pen.beginPath();
    pen.arc(x, y, 5, 0, 2 * Math.PI);
    pen.fill();
    pen.fillText(data.bodies[b].name, x + 8, y + 4);
  }
  const place = data.places[cell];
  document.getElementById("where").textContent = (place ? place[0].toFixed(4) + ", " + place[1].toFixed(4) + " deg" : "cell")
    + " (row " + data.cellRows[cell] + ", column " + data.cellCols[cell]
    + "). Filled: below the horizon; lines: two weeks about the instant.";
}

function drawLine() {
  const [pen, w, h] = sheet("line", 0.03 * data.bodies.length + 0.03), paint = colours();
  const left = 84, wide = w - left - 4, high = (h - 18) / data.bodies.length;
  const rows = [];
  for (let b = 0; b < data.bodies.length; b++) {
    let total = 0, gap = 0, longest = 0;
    const bins = new Float32Array(Math.min(Math.ceil(wide), data.count)), counts = new Float32Array(bins.length);
    for (let t = 0; t < data.count; t++) {
      const s = share(cell, b, t), k = Math.min(bins.length - 1, Math.floor(t * bins.length / data.count));
      bins[k] += s;
      counts[k] += 1;
      total += s;
      gap = s > 0 ? 0 : gap + 1;
      longest = Math.max(longest, gap);
    }
    pen.fillStyle = style("--ink");
    pen.fillText(data.bodies[b].name, 4, b * high + high / 2 + 4);
    for (let k = 0; k < bins.length; k++) {
      pen.globalAlpha = counts[k] ? bins[k] / counts[k] : 0;
      pen.fillStyle = paint[b];
      pen.fillRect(left + k / bins.length * wide, b * high + 2, wide / bins.length + 0.2, high - 4);
    }
    pen.globalAlpha = 1;
    rows.push([data.bodies[b].name, (100 * total / data.count).toFixed(1) + " %",
      (longest * data.stepMs / 86400000).toFixed(1) + " d"]);
  }
  pen.strokeStyle = style("--ink");
  pen.lineWidth = 1;
  const x = left + (now + 0.5) / data.count * wide;
  pen.beginPath();
  pen.moveTo(x, 0);
  pen.lineTo(x, h - 16);
  pen.stroke();
  pen.fillStyle = style("--soft");
  for (let k = 0; k < 6; k++) {
    const t = Math.floor(k / 6 * data.count);
    pen.fillText(new Date(data.start + t * data.stepMs).toISOString().slice(0, 10), left + k / 6 * wide, h - 3);
  }
  const fill = (part, lines, tag) => {
    const box = document.querySelector("#counts " + part);
    box.replaceChildren(...lines.map((line) => {
      const row = document.createElement("tr");
      row.append(...line.map((text) => Object.assign(document.createElement(tag), { textContent: text })));
      return row;
    }));
  };
  fill("thead", [["", "visible", "longest without"]], "th");
  fill("tbody", rows, "td");
}

function drawAll() {
  document.getElementById("now").textContent =
    new Date(data.start + now * data.stepMs).toISOString().slice(0, 16).replace("T", " ") + " UTC";
  drawMap();
  drawSky();
  drawLine();
}

function choose(row, col) {
  let best = Infinity;
  for (let k = 0; k < data.cellRows.length; k++) {
    const away = Math.hypot(data.cellRows[k] - row, data.cellCols[k] - col);
    if (away < best) { best = away; cell = k; }
  }
  drawAll();
}

document.getElementById("map").addEventListener("click", (event) => {
  const box = event.target.getBoundingClientRect();
  choose((event.clientY - box.top) / box.height * data.rows - 0.5, (event.clientX - box.left) / box.width * data.cols - 0.5);
});
document.getElementById("map").addEventListener("keydown", (event) => {
  const step = Math.max(1, Math.round(Math.sqrt(data.rows * data.cols / data.cellRows.length)));
  const way = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (!way) return;
  event.preventDefault();
  choose(data.cellRows[cell] + way[0] * step, data.cellCols[cell] + way[1] * step);
});
const slider = document.getElementById("time");
slider.max = data.count - 1;
slider.value = now;
slider.addEventListener("input", () => { now = Number(slider.value); drawAll(); });
window.addEventListener("resize", drawAll);
picture.decode().then(drawAll, drawAll);
