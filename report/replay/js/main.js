// The replay of a flight: reads the scene that the page holds, and keeps time, picture and charts
// together.

import { Charts } from "./charts.js";
import { Clock } from "./clock.js";
import { Deck } from "./deck.js";
import { Eye } from "./eye.js";
import { Flight } from "./flight.js";
import { Panel } from "./panel.js";
import { Stage } from "./stage.js";

const $ = (id) => document.getElementById(id);
const KEPT = 120; // frames that the gauge looks back on
const SLOW_MS = 45; // pictures that take longer are drawn with fewer pixels

class Replay {
  constructor(scene) {
    this.scene = scene;
    this.flight = new Flight(scene.motion);
    this.clock = new Clock(this.flight);
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.panel = new Panel(scene, this.flight);
    this.eye = new Eye(scene.looks);
    this.charts = new Charts($("strips"), this.flight, scene.limits, scene.faults, (t) => this.seek(t));
    this.frames = [];
    this.late = false;
    this.stale = true;
    this.stage = null;
    this.load_ms = NaN;
    this.sharp = Math.min(window.devicePixelRatio || 1, 2);
    this.deck = new Deck(this);
    const watch = new ResizeObserver(() => this.resize());
    for (const name of ["stage", "strips"]) watch.observe($(name));
    this.resize();
  }

  async open() {
    try {
      this.stage = await Stage.build($("view"), $("labels"), this.scene, this.flight, this.still);
      this.resize();
    } catch (why) {
      this.apologise(why);
    }
    const wish = new URLSearchParams(location.hash.slice(1));
    const at = wish.get("t");
    if (at !== null) this.seek(at === "end" ? this.flight.end_s : Number(at) || 0);
    if (wish.get("late")) this.range(true);
    if (this.stage && wish.get("camera")) this.stage.cameras.choose(wish.get("camera"));
    this.draw(0);
    this.load_ms = performance.now();
    this.clock.playing = Boolean(this.flight.rows) && !this.still && at === null;
    this.panel.gauge(this.report());
    this.deck.show(this.flight.at(this.clock.t));
    let last = performance.now();
    const tick = (now) => {
      this.frame(Math.min((now - last) / 1000, 0.1));
      last = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  apologise(why) {
    $("notice").textContent = "No picture: this browser shows no WebGL 2, or cannot unpack the "
      + "ground. The charts and the numbers work all the same.";
    $("notice").hidden = false;
    document.body.classList.add("flat");
    this.why = String(why);
    this.resize();
  }

  seek(t) {
    if (!Number.isFinite(t)) return;
    this.clock.seek(t);
    if (this.stage) this.stage.cameras.jump = true;
    if (this.late && this.clock.t < this.flight.late_s) this.range(false);
    this.stale = true;
  }

  toggle() {
    if (!this.clock.playing && this.clock.t >= this.flight.end_s) this.seek(this.late ? this.flight.late_s : 0);
    this.clock.playing = !this.clock.playing;
    this.stale = true;
  }

  faster(step) {
    this.clock.faster(step);
    this.deck.show();
  }

  range(late) {
    this.late = late;
    this.charts.range(late ? this.flight.late_s : 0, this.flight.end_s);
    if (late && this.clock.t < this.flight.late_s) this.seek(this.flight.late_s);
    this.stale = true;
  }

  nextCamera() {
    if (!this.stage) return;
    this.stage.cameras.cycle();
    this.stale = true;
  }

  toggleHazards() {
    if (!this.stage || !this.scene.scan_view) return;
    this.stage.tint = !this.stage.tint;
    this.stale = true;
  }

  resize() {
    this.charts.resize();
    const box = $("stage").getBoundingClientRect();
    if (this.stage) this.stage.resize(box.width, box.height, this.sharp);
    this.stale = true;
  }

  frame(seconds) {
    if (!this.clock.playing && !this.stale) return;
    this.clock.advance(seconds, this.flight.at(this.clock.t));
    this.draw(seconds);
  }

  draw(seconds) {
    const began = performance.now();
    const state = this.flight.at(this.clock.t);
    this.stale = this.stage ? this.stage.draw(state, seconds) : false;
    this.charts.draw(state);
    this.panel.show(state);
    this.eye.show(state.t_s);
    this.deck.show(state);
    this.frames.push(performance.now() - began);
    if (this.frames.length > KEPT) this.frames.shift();
    if (this.frames.length % 30 === 0) this.settle();
  }

  // Report, and give up sharpness where this machine is too slow for it.
  settle() {
    const report = this.report();
    this.panel.gauge(report);
    if (this.stage && report.frame_ms > SLOW_MS && this.sharp > 0.75) {
      this.sharp = Math.max(0.75, 0.75 * this.sharp);
      this.frames = [];
      this.resize();
    }
  }

  report() {
    const sorted = [...this.frames].sort((a, b) => a - b);
    const info = this.stage ? this.stage.renderer.info.render : { triangles: 0, calls: 0 };
    return {
      load_ms: this.load_ms,
      frame_ms: sorted[sorted.length >> 1],
      frame_worst_ms: sorted[sorted.length - 1],
      frames: sorted.length,
      triangles: info.triangles,
      draw_calls: info.calls,
      webgl: Boolean(this.stage),
      why: this.why || "",
    };
  }
}

async function start() {
  const replay = new Replay(JSON.parse($("scene").textContent));
  await replay.open();
  window.farside = {
    report: () => replay.report(),
    state: () => ({ ...replay.flight.at(replay.clock.t), phase: replay.flight.phases.length ? replay.flight.phases[replay.flight.at(replay.clock.t).phase].name : "", playing: replay.clock.playing }),
    facts: replay.scene.facts,
    seek: (t) => {
      replay.seek(t);
      replay.draw(0);
    },
    play: (speed) => {
      if (speed) replay.clock.speed = String(speed);
      replay.clock.playing = true;
    },
    pause: () => (replay.clock.playing = false),
  };
  document.documentElement.dataset.replay = "ready";
}

start();
