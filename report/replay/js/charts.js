// Strip charts against time, with the phases behind them and a cursor that moves.

import { BLUE, INK, LIMIT, ORANGE, SOFT, VERMILION } from "./palette.js";

const LEFT = 46;
const RIGHT = 10;
const HEAD = 16;
const FOOT = 20;

const log = (x) => Math.sign(x) * Math.log10(1 + Math.abs(x));
const flat = (x) => x;

function strips(limits) {
  const kilo = (x) => x / 1000;
  return [
    { name: "height, m", scale: log, ticks: [0, 10, 100, 1000, 10000], digits: 1, lines: [{ name: "height_m", ink: INK }] },
    {
      name: "speeds, m/s", scale: log, ticks: [-100, -10, -1, 1, 10, 100, 1000], digits: 2,
      lines: [{ name: "vertical_mps", ink: VERMILION, text: "vertical" }, { name: "horizontal_mps", ink: BLUE, text: "horizontal" }],
    },
    {
      name: "thrust, kN", scale: flat, digits: 2, from: 0, to: kilo(limits.thrust_max_n) * 1.1,
      lines: [
        { name: "cmd_thrust_n", ink: ORANGE, text: "commanded", map: kilo },
        { name: "thrust_n", ink: INK, text: "true", map: kilo },
      ],
      limits: [kilo(limits.thrust_min_n), kilo(limits.thrust_max_n)],
    },
    { name: "tilt, deg", scale: flat, digits: 1, from: 0, lines: [{ name: "tilt_deg", ink: INK }] },
    { name: "mass, kg", scale: flat, digits: 0, lines: [{ name: "mass_kg", ink: INK }], limits: [limits.dry_kg] },
  ];
}

function roundStep(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return power * [1, 2, 5, 10].find((k) => k * power >= size * 0.999);
}

const text = (x, digits) => x.toFixed(digits).replace("-", "\u2212");

export class Charts {
  constructor(canvas, flight, limits, faults, seek) {
    this.canvas = canvas;
    this.flight = flight;
    this.faults = faults;
    this.strips = strips(limits);
    this.still = document.createElement("canvas");
    this.range(0, flight.end_s);
    const go = (event) => {
      const box = canvas.getBoundingClientRect();
      const u = (event.clientX - box.left - LEFT) / Math.max(box.width - LEFT - RIGHT, 1);
      seek(this.from + Math.min(Math.max(u, 0), 1) * (this.to - this.from));
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      go(event);
    });
    canvas.addEventListener("pointermove", (event) => event.buttons && go(event));
  }

  range(from, to) {
    this.from = from;
    this.to = Math.max(to, from + 0.1);
    this.stale = true;
  }

  x(t) {
    return LEFT + ((t - this.from) / (this.to - this.from)) * (this.width - LEFT - RIGHT);
  }

  resize() {
    const box = this.canvas.getBoundingClientRect();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    [this.width, this.height] = [box.width, box.height];
    for (const canvas of [this.canvas, this.still]) {
      canvas.width = Math.round(box.width * ratio);
      canvas.height = Math.round(box.height * ratio);
    }
    this.ratio = ratio;
    this.stale = true;
  }

  // Values of a line in view, as they are drawn.
  bounds(strip) {
    let low = Infinity;
    let high = -Infinity;
    const times = this.flight.column.t_s;
    for (const line of strip.lines) {
      const values = this.flight.column[line.name];
      for (let i = 0; i < this.flight.rows; i++) {
        if (times[i] < this.from || times[i] > this.to || !Number.isFinite(values[i])) continue;
        const y = strip.scale(line.map ? line.map(values[i]) : values[i]);
        low = Math.min(low, y);
        high = Math.max(high, y);
      }
    }
    if (!(high >= low)) [low, high] = [0, 1];
    if (strip.from !== undefined) low = Math.min(low, strip.from);
    if (strip.to !== undefined) high = Math.max(high, strip.to);
    const pad = 0.06 * Math.max(high - low, 1e-3);
    return [low - (strip.from === undefined ? pad : 0), high + pad];
  }

  redraw() {
    const pen = this.still.getContext("2d");
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    pen.font = "11px system-ui, sans-serif";
    const pitch = (this.height - FOOT) / this.strips.length;
    this.strips.forEach((strip, k) => {
      strip.top = k * pitch + HEAD;
      strip.bottom = (k + 1) * pitch - 3;
      [strip.low, strip.high] = this.bounds(strip);
      this.bands(pen, strip);
      this.grid(pen, strip);
      pen.save();
      pen.beginPath();
      pen.rect(LEFT, strip.top - 1, this.width - LEFT - RIGHT, strip.bottom - strip.top + 2);
      pen.clip();
      for (const line of strip.lines) this.line(pen, strip, line);
      this.marks(pen, strip);
      pen.restore();
      pen.fillStyle = SOFT;
      pen.textAlign = "left";
      pen.fillText(strip.name, LEFT, strip.top - 4);
    });
    this.timeAxis(pen);
    this.stale = false;
  }

  bands(pen, strip) {
    for (const phase of this.flight.phases) {
      const a = Math.max(this.x(phase.start_s), LEFT);
      const b = Math.min(this.x(phase.end_s), this.width - RIGHT);
      if (b <= a) continue;
      pen.fillStyle = phase.colour;
      pen.globalAlpha = 0.16;
      pen.fillRect(a, strip.top, b - a, strip.bottom - strip.top);
      pen.globalAlpha = 1;
      pen.fillRect(a, strip.bottom - 2, b - a, 2);
    }
  }

  // A dotted line where each fault began, and where it ended.
  marks(pen, strip) {
    pen.strokeStyle = LIMIT;
    pen.lineWidth = 1;
    pen.setLineDash([2, 2]);
    pen.beginPath();
    for (const fault of this.faults) {
      for (const t of fault.ended ? [fault.start_s, fault.end_s] : [fault.start_s]) {
        pen.moveTo(this.x(t), strip.top);
        pen.lineTo(this.x(t), strip.bottom);
      }
    }
    pen.stroke();
    pen.setLineDash([]);
  }

  y(strip, value) {
    return strip.bottom - ((value - strip.low) / (strip.high - strip.low)) * (strip.bottom - strip.top);
  }

  grid(pen, strip) {
    let ticks = strip.ticks;
    if (!ticks) {
      const step = roundStep((strip.high - strip.low) / 3);
      ticks = [];
      for (let v = Math.ceil(strip.low / step) * step; v <= strip.high; v += step) ticks.push(v);
    }
    pen.textAlign = "right";
    pen.lineWidth = 1;
    let last = Infinity;
    for (const tick of ticks) {
      const y = this.y(strip, strip.scale(tick));
      if (y < strip.top - 1 || y > strip.bottom + 1) continue;
      pen.strokeStyle = "rgba(255,255,255,0.09)";
      pen.beginPath();
      pen.moveTo(LEFT, y);
      pen.lineTo(this.width - RIGHT, y);
      pen.stroke();
      if (last - y < 11) continue;
      last = y;
      pen.fillStyle = SOFT;
      pen.fillText(`${Math.round(tick * 100) / 100}`.replace("-", "\u2212"), LEFT - 5, Math.min(y + 4, strip.bottom));
    }
    for (const limit of strip.limits || []) {
      const y = this.y(strip, limit);
      if (y < strip.top || y > strip.bottom) continue;
      pen.strokeStyle = LIMIT;
      pen.setLineDash([4, 3]);
      pen.beginPath();
      pen.moveTo(LEFT, y);
      pen.lineTo(this.width - RIGHT, y);
      pen.stroke();
      pen.setLineDash([]);
    }
  }

  line(pen, strip, line) {
    const times = this.flight.column.t_s;
    const values = this.flight.column[line.name];
    pen.strokeStyle = line.ink;
    pen.lineWidth = 1.4;
    pen.lineJoin = "round";
    pen.beginPath();
    let down = false;
    for (let i = 0; i < this.flight.rows; i++) {
      if (!Number.isFinite(values[i])) {
        down = false;
        continue;
      }
      const x = this.x(times[i]);
      const y = this.y(strip, strip.scale(line.map ? line.map(values[i]) : values[i]));
      if (down) pen.lineTo(x, y);
      else pen.moveTo(x, y);
      down = true;
    }
    pen.stroke();
  }

  timeAxis(pen) {
    const step = roundStep((this.to - this.from) / 6);
    pen.fillStyle = SOFT;
    pen.textAlign = "center";
    for (let t = Math.ceil(this.from / step) * step; t <= this.to; t += step) {
      const x = this.x(t);
      if (x > LEFT + 8 && x < this.width - 34) pen.fillText(`${Math.round(t * 10) / 10}`, x, this.height - 6);
    }
    pen.textAlign = "right";
    pen.fillText("s", this.width - RIGHT, this.height - 6);
  }

  draw(state) {
    if (!this.width || !this.height) return;
    if (this.stale) this.redraw();
    const pen = this.canvas.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.drawImage(this.still, 0, 0);
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const x = Math.min(Math.max(this.x(state.t_s), LEFT), this.width - RIGHT);
    pen.strokeStyle = "rgba(255,255,255,0.75)";
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, HEAD - 4);
    pen.lineTo(x, this.height - FOOT);
    pen.stroke();
    pen.font = "600 11px system-ui, sans-serif";
    pen.textAlign = "right";
    for (const strip of this.strips) {
      let right = this.width - RIGHT;
      for (const line of [...strip.lines].reverse()) {
        const raw = state[line.name];
        if (!Number.isFinite(raw)) continue;
        const value = line.map ? line.map(raw) : raw;
        const y = this.y(strip, strip.scale(value));
        pen.fillStyle = line.ink;
        if (y >= strip.top - 2 && y <= strip.bottom + 2) {
          pen.beginPath();
          pen.arc(x, y, 3, 0, 7);
          pen.fill();
        }
        const digits = Math.abs(value) >= 1000 ? 0 : strip.digits;
        const words = `${line.text ? `${line.text} ` : ""}${text(value, digits)}`;
        pen.fillText(words, right, strip.top - 4);
        right -= pen.measureText(words).width + 10;
      }
    }
  }
}
