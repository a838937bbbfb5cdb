"use strict";
// Draws a region's layers over its relief, and the numbers of cells and sites.
const data = JSON.parse(document.getElementById("data").textContent);
const find = (id) => document.getElementById(id);
const map = find("map"), chooser = find("layer");
const cross = { x: Math.floor(data.cols / 2), y: Math.floor(data.rows / 2) };
let chosen = 0, site = -1, light = null;
const grey = new Map();

// Grey values of a PNG.
async function values(png) {
  const image = new Image();
  image.src = "data:image/png;base64," + png;
  await image.decode();
  const sheet = document.createElement("canvas");
  sheet.width = data.cols;
  sheet.height = data.rows;
  const pen = sheet.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  const rgba = pen.getImageData(0, 0, data.cols, data.rows).data;
  return Uint8Array.from({ length: data.cols * data.rows }, (_, k) => rgba[4 * k]);
}

async function layer(k) {
  if (!grey.has(k)) grey.set(k, await values(data.layers[k].png));
  return grey.get(k);
}

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function size(canvas, ratio) {
  const scale = window.devicePixelRatio || 1, width = canvas.clientWidth;
  canvas.width = width * scale;
  canvas.height = Math.round(width * ratio * scale);
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  return [pen, width, width * ratio];
}

function number(x) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "not known";
  const digits = Math.abs(x) >= 1000 ? 0 : Math.abs(x) >= 10 ? 1 : 3;
  return x.toFixed(digits);
}

// Latitude and longitude [deg] of a pixel: inverse stereographic (Snyder 1987, 20-14, 20-15, 21-15).
function place(col, row) {
  const D = Math.PI / 180, phi = data.middle[0] * D;
  const x = (data.left + col * data.every) * data.cell, y = -(data.top + row * data.every) * data.cell;
  const rho = Math.hypot(x, y), c = 2 * Math.atan(rho / 2);
  if (rho === 0) return data.middle;
  const sine = Math.cos(c) * Math.sin(phi) + y * Math.sin(c) * Math.cos(phi) / rho;
  const turn = Math.atan2(x * Math.sin(c), rho * Math.cos(phi) * Math.cos(c) - y * Math.sin(phi) * Math.sin(c));
  const east = data.middle[1] + turn / D;
  return [Math.asin(sine) / D, ((east + 540) % 360) - 180];
}

const unit = (text) => (text === "1" ? "" : " " + text);

async function draw() {
  const held = await layer(chosen), what = data.layers[chosen];
  const [pen, w, h] = size(map, data.rows / data.cols);
  const sheet = document.createElement("canvas");
  sheet.width = data.cols;
  sheet.height = data.rows;
  const ink = sheet.getContext("2d"), image = ink.createImageData(data.cols, data.rows);
  for (let k = 0; k < held.length; k++) {
    if (held[k] === 255) continue;
    const c = 3 * held[k], shade = 0.45 * light[k];
    for (let b = 0; b < 3; b++) image.data[4 * k + b] = 0.55 * data.colours[c + b] + shade;
    image.data[4 * k + 3] = 255;
  }
  ink.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.clearRect(0, 0, w, h);
  pen.drawImage(sheet, 0, 0, w, h);
  const sx = w / data.cols;
  pen.font = "bold 13px system-ui, sans-serif";
  data.sites.forEach((each, n) => {
    const x = each.x * sx, y = each.y * sx, on = n === site;
    const a = Math.max(5, data.ellipse.major * sx), b = Math.max(5, data.ellipse.minor * sx);
    // the grid's up is `turn` clockwise of north
    const tilt = (data.ellipse.azimuth - each.turn - 90) * Math.PI / 180;
    for (const [colour, wide] of [["#ffffff", on ? 6 : 4], [on ? "#b3261e" : "#1a1a1a", on ? 3 : 1.6]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = wide;
      pen.beginPath();
      pen.ellipse(x, y, a, b, tilt, 0, 2 * Math.PI);
      pen.stroke();
      if (on) {
        const way = (each.approach_azimuth_deg + 180 - each.turn) * Math.PI / 180;
        pen.beginPath();
        pen.moveTo(x, y);
        pen.lineTo(x + 60 * Math.sin(way), y - 60 * Math.cos(way));
        pen.stroke();
      }
    }
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 3;
    pen.strokeText(each.rank, x + 8, y - 7);
    pen.fillStyle = on ? "#b3261e" : "#1a1a1a";
    pen.fillText(each.rank, x + 8, y - 7);
  });
  const cx = (cross.x + 0.5) * sx, cy = (cross.y + 0.5) * sx;
  for (const [colour, wide] of [["#ffffff", 3], ["#d55e00", 1.2]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = wide;
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(cx + 3 * dx, cy + 3 * dy);
      pen.lineTo(cx + 10 * dx, cy + 10 * dy);
    }
    pen.stroke();
  }
  const [bar, bw] = size(find("scale"), 16 / Math.max(1, find("scale").clientWidth));
  for (let x = 0; x < bw; x++) {
    const c = 3 * Math.min(254, Math.floor(255 * x / bw));
    bar.fillStyle = `rgb(${data.colours[c]},${data.colours[c + 1]},${data.colours[c + 2]})`;
    bar.fillRect(x, 0, 1.5, 16);
  }
  find("low").textContent = number(what.low) + unit(what.unit);
  find("high").textContent = number(what.high) + unit(what.unit);
  find("meaning").textContent = what.meaning;
  const v = held[cross.y * data.cols + cross.x];
  const near = place(cross.x, cross.y).map((e) => e.toFixed(2)).join(", ") + " deg: ";
  find("where").textContent = near + (v === 255 ? "outside the region, or not known"
    : what.name + " " + number(what.low + (what.high - what.low) * v / 254) + unit(what.unit));
  document.documentElement.dataset.survey = "ready";
}

const LINES = [
  ["latitude_deg", "deg"], ["longitude_deg", "deg"], ["elevation_m", "m"], ["score", ""],
  ["probability", ""], ["blind_probability", ""], ["constraints", ""], ["slope_deg", "deg"],
  ["slope_2_deg", "deg"], ["slope_4_deg", "deg"], ["roughness_m", "m"], ["deviation_474_m", "m"],
  ["clearance_m", "m"], ["posting_m", "m"], ["sun_share", ""], ["sun_longest_gap_h", "h"],
  ["link_share", ""], ["link_longest_gap_h", "h"], ["braking_link_share", ""],
  ["sun_elevation_deg", "deg"], ["sun_azimuth_deg", "deg"], ["approach_azimuth_deg", "deg"],
  ["approach_inclination_deg", "deg"], ["approach_highest_m", "m"], ["approach_slope_deg", "deg"],
];

function pick(n) {
  site = n;
  const each = data.sites[n];
  cross.x = Math.min(data.cols - 1, Math.floor(each.x));
  cross.y = Math.min(data.rows - 1, Math.floor(each.y));
  document.querySelectorAll("#sites button").forEach((b, k) => b.setAttribute("aria-pressed", k === n));
  const written = (key) => (/^(lat|long)itude/.test(key) ? each[key].toFixed(4) : number(each[key]));
  const lines = LINES.map(([key, u]) => [key.replaceAll("_", " ").replace(/ (deg|m|h)$/, ""), written(key) + (u && each[key] !== null ? " " + u : "")]);
  lines.push(["best landing", each.landing_utc.replace("T", " ")]);
  each.windows.forEach((span, k) => lines.push(["window " + (k + 1),
    `${span.first_utc.slice(0, 16).replace("T", " ")} to ${span.last_utc.slice(0, 16).replace("T", " ")}, Sun ${span.sun_elevation_deg.map((e) => e.toFixed(0)).join(" to ")} deg`]));
  find("numbers").querySelector("tbody").replaceChildren(...lines.map(([head, text]) => {
    const row = document.createElement("tr"), th = document.createElement("th"), td = document.createElement("td");
    th.textContent = head;
    td.textContent = text;
    row.append(th, td);
    return row;
  }));
  draw();
}

data.layers.forEach((each, k) => chooser.add(new Option(each.name + (each.unit === "1" ? "" : " [" + each.unit + "]"), k)));
chooser.addEventListener("change", () => { chosen = Number(chooser.value); draw(); });
data.sites.forEach((each, n) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = each.rank;
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-label", `Site ${each.rank}, ${number(each.latitude_deg)}, ${number(each.longitude_deg)} degrees`);
  button.addEventListener("click", () => pick(n));
  find("sites").append(button);
});
map.addEventListener("click", (event) => {
  const box = map.getBoundingClientRect(), k = data.cols / box.width;
  const x = (event.clientX - box.left) * k, y = (event.clientY - box.top) * k;
  const near = data.sites.map((s, n) => [Math.hypot(s.x - x, s.y - y) / k, n]).sort((a, b) => a[0] - b[0])[0];
  if (near && near[0] < 12) { pick(near[1]); return; }
  cross.x = Math.max(0, Math.min(data.cols - 1, Math.floor(x)));
  cross.y = Math.max(0, Math.min(data.rows - 1, Math.floor(y)));
  draw();
});
map.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!way) return;
  event.preventDefault();
  const far = event.shiftKey ? 10 : 1;
  cross.x = Math.max(0, Math.min(data.cols - 1, cross.x + far * way[0]));
  cross.y = Math.max(0, Math.min(data.rows - 1, cross.y + far * way[1]));
  draw();
});
window.addEventListener("resize", draw);
values(data.light).then((found) => { light = found; if (data.sites.length) pick(0); else draw(); });
