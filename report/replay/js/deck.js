// Buttons, keys, fingers.

import { NAMES } from "./cameras.js";
import { SPEEDS } from "./clock.js";
import { element } from "./panel.js";

const $ = (id) => document.getElementById(id);

export class Deck {
  constructor(replay) {
    this.replay = replay;
    const { clock, flight } = replay;
    for (const speed of SPEEDS) {
      const option = element("option", speed === "auto" ? "auto speed" : `${speed}\u00d7`);
      option.value = speed;
      $("speed").append(option);
    }
    flight.phases.forEach((phase, i) => {
      const button = element("button", phase.name);
      button.type = "button";
      button.style.borderColor = phase.colour;
      button.title = `${phase.name}, from ${phase.start_s.toFixed(1)} s`;
      if (i < 9) button.prepend(element("kbd", String(i + 1)));
      button.addEventListener("click", () => replay.seek(phase.start_s));
      $("phases").append(button);
    });
    $("play").addEventListener("click", () => replay.toggle());
    $("slider").addEventListener("input", () => replay.seek(Number($("slider").value)));
    $("speed").addEventListener("change", () => (clock.speed = $("speed").value));
    $("range").addEventListener("click", () => replay.range(!replay.late));
    $("camera").addEventListener("click", () => replay.nextCamera());
    $("hazards").addEventListener("click", () => replay.toggleHazards());
    $("about").addEventListener("click", () => this.toggle("about", "legend"));
    $("keys").addEventListener("click", () => this.toggle("keys", "help"));
    $("hazards").disabled = !replay.scene.scan_view;
    this.marks = replay.scene.faults.map((fault) => {
      const mark = element("i");
      mark.classList.toggle("ended", fault.ended);
      $("marks").append(mark);
      return { fault, mark };
    });
    document.addEventListener("keydown", (event) => this.key(event));
    this.hands($("view"));
  }

  toggle(button, section) {
    const show = $(section).hidden;
    for (const [other, part] of [["about", "legend"], ["keys", "help"]]) {
      $(part).hidden = !(show && part === section);
      $(other).setAttribute("aria-pressed", String(show && part === section));
    }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { replay } = this;
    const { clock, flight } = replay;
    const typed = event.target.tagName;
    if (typed === "SELECT") return;
    if (event.key === " " && typed === "BUTTON") return;
    const step = event.shiftKey ? 10 : 1;
    const does = {
      " ": () => replay.toggle(),
      ArrowLeft: () => replay.seek(clock.t - step),
      ArrowRight: () => replay.seek(clock.t + step),
      Home: () => replay.seek(0),
      End: () => replay.seek(flight.end_s),
      "+": () => replay.faster(1),
      "=": () => replay.faster(1),
      "-": () => replay.faster(-1),
      c: () => replay.nextCamera(),
      h: () => replay.toggleHazards(),
      r: () => replay.range(!replay.late),
      f: () => this.nextFault(),
      l: () => this.toggle("about", "legend"),
      "?": () => this.toggle("keys", "help"),
    };
    let action = does[event.key];
    const phase = flight.phases[Number(event.key) - 1];
    if (!action && /^[1-9]$/.test(event.key) && phase) action = () => replay.seek(phase.start_s);
    if (!action) return;
    event.preventDefault();
    action();
  }

  // The next beginning or end of a fault; after the last one the first.
  nextFault() {
    const { clock, scene } = this.replay;
    const times = scene.faults.flatMap((fault) => (fault.ended ? [fault.start_s, fault.end_s] : [fault.start_s]));
    times.sort((a, b) => a - b);
    if (times.length) this.replay.seek(times.find((t) => t > clock.t + 1e-3) ?? times[0]);
  }

  // Where faults lie on the slider's rail, whose ends are half a thumb inside its box.
  showMarks(low, high) {
    if (this.shown === low) return;
    this.shown = low;
    const share = (t) => Math.min(Math.max((t - low) / Math.max(high - low, 1e-6), 0), 1);
    for (const { fault, mark } of this.marks) {
      mark.hidden = fault.end_s < low;
      mark.style.left = `${100 * share(fault.start_s)}%`;
      mark.style.right = `${100 * (1 - share(fault.end_s))}%`;
    }
  }

  // One finger turns, two come nearer; so does the wheel.
  hands(view) {
    const held = new Map();
    let apart = 0;
    const spread = () => {
      const [a, b] = [...held.values()];
      return Math.hypot(a[0] - b[0], a[1] - b[1]);
    };
    const cameras = () => this.replay.stage && this.replay.stage.cameras;
    const touched = () => {
      this.replay.stale = true;
      this.show();
    };
    view.addEventListener("pointerdown", (event) => {
      view.setPointerCapture(event.pointerId);
      held.set(event.pointerId, [event.clientX, event.clientY]);
      if (held.size === 2) apart = spread();
    });
    view.addEventListener("pointermove", (event) => {
      const before = held.get(event.pointerId);
      if (!before || !cameras()) return;
      held.set(event.pointerId, [event.clientX, event.clientY]);
      if (held.size === 1) cameras().turn(event.clientX - before[0], event.clientY - before[1]);
      if (held.size === 2) {
        const now = spread();
        cameras().zoom(apart / Math.max(now, 1));
        apart = now;
      }
      touched();
    });
    for (const name of ["pointerup", "pointercancel"]) {
      view.addEventListener(name, (event) => held.delete(event.pointerId));
    }
    view.addEventListener("wheel", (event) => {
      event.preventDefault();
      if (!cameras()) return;
      cameras().zoom(Math.exp(Math.max(-0.4, Math.min(0.4, 0.0012 * event.deltaY))));
      touched();
    }, { passive: false });
  }

  show(state) {
    const { replay } = this;
    const { clock, flight } = replay;
    if (state) {
      $("slider").value = String(clock.t);
      [...$("phases").children].forEach((button, i) => {
        if (i === state.phase) {
          if (!button.hasAttribute("aria-current")) {
            button.setAttribute("aria-current", "step");
            button.scrollIntoView({ block: "nearest", inline: "nearest" });
          }
        } else button.removeAttribute("aria-current");
      });
    }
    $("play").textContent = clock.playing ? "\u275a\u275a" : "\u25b6";
    $("play").setAttribute("aria-label", clock.playing ? "Pause" : "Play");
    $("speed").value = clock.speed;
    $("range").textContent = replay.late ? "Last minutes" : "Whole flight";
    $("slider").min = String(replay.late ? flight.late_s : 0);
    $("slider").max = String(flight.end_s);
    this.showMarks(replay.late ? flight.late_s : 0, flight.end_s);
    $("camera").hidden = $("hazards").hidden = !replay.stage;
    if (replay.stage) {
      $("camera").textContent = NAMES[replay.stage.cameras.mode];
      $("hazards").setAttribute("aria-pressed", String(replay.stage.tint));
    }
  }
}
