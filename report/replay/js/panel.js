// Words and numbers around the picture. Text from the flight is set as text, never as markup.

const $ = (id) => document.getElementById(id);

export function number(value, digits, unit = "") {
  if (!Number.isFinite(value)) return "\u2013";
  const fixed = (Math.round(value * 10 ** digits) / 10 ** digits + 0).toFixed(digits);
  const [whole, part] = fixed.replace("-", "\u2212").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u2009");
  return `${grouped}${part ? `.${part}` : ""}${unit ? `\u00a0${unit}` : ""}`;
}

export function element(tag, words = "", name = "") {
  const made = document.createElement(tag);
  made.textContent = words;
  if (name) made.className = name;
  return made;
}

function rows(table, lines) {
  for (const line of lines) {
    const row = element("tr");
    for (const [words, name] of line) row.append(element("td", words, name || ""));
    table.append(row);
  }
}

const KEYS = [
  ["space", "play, pause"], ["\u2190 \u2192", "1 s back, on; with shift 10 s"],
  ["+ \u2212", "faster, slower"], ["1 \u2013 9", "go to a phase"], ["home, end", "begin, touchdown"],
  ["f", "next beginning or end of a fault"], ["c", "next camera"], ["h", "hazard map on, off"], ["r", "whole flight, last minutes"],
  ["l", "legend"], ["?", "these keys"],
];

export class Panel {
  constructor(scene, flight) {
    this.scene = scene;
    this.flight = flight;
    $("title").textContent = scene.title;
    $("subtitle").textContent = scene.subtitle;
    $("verdict").textContent = scene.ending;
    $("verdict").className = scene.safe ? "good" : "bad";
    this.cells = {};
    for (const name of ["phase", "height", "vertical", "horizontal", "throttle", "tilt", "mass"]) {
      const group = element("div");
      group.append(element("dt", name), (this.cells[name] = element("dd")));
      $("readout").append(group);
    }
    $("card-head").textContent = scene.ending;
    rows($("card-table"), scene.checks.filter((line) => line.limit !== "\u2013").map((line) => [
      [line.what], [line.value], [`\u2264 ${line.limit}`, "soft"],
      [line.verdict, line.verdict === "holds" ? "good" : "bad"],
    ]));
    rows($("help-table"), KEYS.map(([key, what]) => [[key, "key"], [what]]));
    this.active = "";
    this.legend();
  }

  legend() {
    const { scene, flight } = this;
    // a phase that is flown twice is named once
    for (const phase of new Map(flight.phases.map((each) => [each.number, each])).values()) {
      const item = element("li", `${phase.number} ${phase.name}`);
      const swatch = element("i");
      swatch.style.background = phase.colour;
      item.prepend(swatch);
      $("legend-phases").append(item);
    }
    const seen = scene.scan_view;
    if (seen) {
      $("legend-map").append(element("h3", "Hazards, as the lander judged its last scan (a place may have several)"));
      const list = element("ul");
      for (const entry of seen.legend) {
        const item = element("li", `${entry.name} ${number(100 * entry.share, 1, "%")}`);
        const swatch = element("i");
        swatch.style.background = entry.colour;
        item.prepend(swatch);
        list.append(item);
      }
      $("legend-map").append(list, element(
        "p",
        `Rings: ${seen.sites.length} candidate site${seen.sites.length === 1 ? "" : "s"}, the chosen one yellow; `
        + `${seen.scans} scan${seen.scans === 1 ? "" : "s"}, divert ${number(seen.divert_m, 1, "m")}. `
        + "Dots: heights of its map, low blue, high yellow.",
      ));
    } else {
      $("legend-map").append(element("p", "No map was made: the lander kept to its nominal site."));
    }
    if (scene.faults.length) {
      $("legend-faults").append(element("h3", "Faults, red on the time line and dotted in the charts"));
      for (const fault of scene.faults) {
        const until = fault.ended ? `to ${number(fault.end_s, 2, "s")}` : "to the end";
        $("legend-faults").append(element("p", `${fault.text}: from ${number(fault.start_s, 2, "s")} ${until}`, "bad"));
      }
    }
    const ground = $("legend-ground");
    ground.append(element("h3", "Ground"));
    for (const line of scene.ground.provenance) {
      ground.append(element("p", line, line.startsWith("SYNTHETIC") ? "synthetic" : ""));
    }
    ground.append(element("p", scene.light.text));
    ground.append(element("p", "Beyond the synthetic ground: lines every 10 km along and across the flight. The flame is drawn by throttle, its shape is a sketch."));
  }

  show(state) {
    const { cells, scene } = this;
    const phase = this.flight.phases[state.phase];
    cells.phase.textContent = phase ? phase.name : "";
    cells.phase.style.borderLeftColor = phase ? phase.colour : "";
    const high = state.height_m >= 9995;
    cells.height.textContent = high ? number(state.height_m / 1000, 2, "km") : number(state.height_m, state.height_m < 1000 ? 1 : 0, "m");
    cells.vertical.textContent = number(state.vertical_mps, 2, "m/s");
    cells.horizontal.textContent = number(state.horizontal_mps, state.horizontal_mps < 100 ? 2 : 0, "m/s");
    cells.throttle.textContent = number((100 * state.thrust_n) / scene.limits.thrust_max_n, 0, "%");
    cells.tilt.textContent = number(state.tilt_deg, 1, "\u00b0");
    cells.mass.textContent = number(state.mass_kg, 0, "kg");
    $("clock").textContent = `T+${number(state.t_s, 1, "s")}`;
    const active = scene.faults.filter((fault) => state.t_s >= fault.start_s - 1e-4 && !(fault.ended && state.t_s >= fault.end_s));
    const words = active.map((fault) => `Fault: ${fault.text}`).join("\n");
    if (words !== this.active) $("faults").textContent = this.active = words;
    const over = this.flight.contact_s === null ? this.flight.end_s : this.flight.contact_s;
    $("card").hidden = state.t_s < over - 1e-6;
  }

  gauge(report) {
    $("gauge").textContent = `loaded in ${number(report.load_ms, 0, "ms")} \u00b7 frame ${number(report.frame_ms, 1, "ms")}`
      + ` (worst ${number(report.frame_worst_ms, 0, "ms")}) \u00b7 ${number(report.triangles, 0)} triangles \u00b7 ${report.draw_calls} draw calls`;
  }
}
