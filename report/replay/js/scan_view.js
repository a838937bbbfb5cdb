// The scan and the choice: the beam, the returns, the verdicts on the ground, the sites.

import {
  AdditiveBlending, BufferAttribute, BufferGeometry, DataTexture, DoubleSide, Group,
  LinearFilter, LinearMipmapLinearFilter, Mesh, Points, RGBAFormat, ShaderMaterial,
  SRGBColorSpace, Vector4, Color,
} from "three";
import { inflate, shorts } from "./coding.js";
import { rotate } from "./flight.js";
import { colour, ribbon } from "./track.js";

const UNSEEN = -32768;
const PLAIN = {
  vertexShader: `
#include <common>
#include <logdepthbuf_pars_vertex>
attribute vec3 ink;
attribute float row;
uniform float dot;
uniform float swept;
varying vec3 vInk;
void main() {
  vInk = ink;
  vec4 seen = modelViewMatrix * vec4(position, 1.0);
  gl_Position = row <= swept ? projectionMatrix * seen : vec4(2.0, 2.0, 2.0, 0.0);
  gl_PointSize = clamp(dot / max(-seen.z, 0.1), 1.2, 6.0);
  #include <logdepthbuf_vertex>
}`,
  fragmentShader: `
#include <common>
#include <logdepthbuf_pars_fragment>
uniform float share;
varying vec3 vInk;
void main() {
  #include <logdepthbuf_fragment>
  gl_FragColor = vec4(vInk, share);
  #include <colorspace_fragment>
}`,
};

// Dark blue to yellow: told apart by everyone, and in grey.
function ramp(x) {
  const stops = [[0.0, "#00306f"], [0.35, "#5b6b8c"], [0.65, "#a59c74"], [1.0, "#ffe945"]];
  let k = 0;
  while (k + 2 < stops.length && x > stops[k + 1][0]) k++;
  const u = Math.min(Math.max((x - stops[k][0]) / (stops[k + 1][0] - stops[k][0]), 0), 1);
  return new Color(stops[k][1]).lerp(new Color(stops[k + 1][1]), u);
}

const painted = (shaders, extra) => new ShaderMaterial({
  ...shaders, transparent: true, depthWrite: false, side: DoubleSide,
  uniforms: { dot: { value: 300 }, swept: { value: 1e9 }, share: { value: 1 } }, ...extra,
});

export class ScanView {
  constructor(spec, kinds, flight, relief, focus, shared) {
    Object.assign(this, { spec, flight, relief, focus, shared });
    this.group = new Group();
    shared.hazards.value = this.verdicts(kinds);
    shared.hazardBox.value = new Vector4(
      spec.east_m - 0.5 * spec.cell_m - focus[0], spec.north_m - 0.5 * spec.cell_m - focus[1],
      spec.columns * spec.cell_m, spec.rows * spec.cell_m,
    );
    this.returns = this.makeReturns();
    this.beam = this.makeBeam();
    this.way = this.makeWay();
    this.group.add(this.returns, this.beam);
    if (this.way) this.group.add(this.way);
  }

  static async build(spec, ...others) {
    return new ScanView(spec, await inflate(spec.kinds), ...others);
  }

  verdicts(kinds) {
    const inks = this.spec.legend.map((entry) => new Color(entry.colour).getHex(SRGBColorSpace));
    const out = new Uint8Array(4 * kinds.length);
    for (let i = 0; i < kinds.length; i++) {
      const ink = inks[kinds[i]];
      out.set([ink >> 16, (ink >> 8) & 255, ink & 255, kinds[i] ? 165 : 105], 4 * i);
    }
    const image = new DataTexture(out, this.spec.columns, this.spec.rows, RGBAFormat);
    image.colorSpace = SRGBColorSpace;
    image.magFilter = LinearFilter;
    image.minFilter = LinearMipmapLinearFilter;
    image.generateMipmaps = true;
    image.anisotropy = 4;
    image.needsUpdate = true;
    return image;
  }

  makeReturns() {
    const { points, cell_m: cell } = this.spec;
    const steps = shorts(points.data);
    const seen = steps.filter((step) => step !== UNSEEN).sort();
    const low = seen[Math.floor(0.02 * seen.length)] || 0;
    const high = seen[Math.floor(0.98 * seen.length)] || 1;
    const place = [];
    const ink = [];
    const row = [];
    for (let i = 0; i < points.rows; i++) {
      for (let j = 0; j < points.columns; j++) {
        const step = steps[i * points.columns + j];
        if (step === UNSEEN) continue;
        place.push(
          this.spec.east_m + j * points.stride * cell - this.focus[0],
          this.spec.north_m + i * points.stride * cell - this.focus[1],
          points.level_m + step * points.step_m + 0.06 - this.focus[2],
        );
        const shade = ramp((step - low) / Math.max(high - low, 1));
        ink.push(shade.r, shade.g, shade.b);
        row.push(i / points.rows);
      }
    }
    const made = new BufferGeometry();
    made.setAttribute("position", new BufferAttribute(new Float32Array(place), 3));
    made.setAttribute("ink", new BufferAttribute(new Float32Array(ink), 3));
    made.setAttribute("row", new BufferAttribute(new Float32Array(row), 1));
    const dots = new Points(made, painted(PLAIN));
    dots.frustumCulled = false;
    dots.renderOrder = 3;
    return dots;
  }

  makeBeam() {
    const made = new BufferGeometry();
    made.setAttribute("position", new BufferAttribute(new Float32Array(45), 3));
    const ink = new Float32Array(45);
    for (let k = 0; k < 15; k++) ink.set(k < 12 ? [0.0015, 0.007, 0.009] : [0.008, 0.04, 0.05], 3 * k);
    made.setAttribute("ink", new BufferAttribute(ink, 3));
    made.setAttribute("row", new BufferAttribute(new Float32Array(15), 1));
    const beam = new Mesh(made, painted(PLAIN, { blending: AdditiveBlending }));
    beam.frustumCulled = false;
    beam.renderOrder = 4;
    return beam;
  }

  // The straight line of the divert, from under the lander when it chose, to what it chose.
  makeWay() {
    const chosen = this.spec.sites.find((site) => site.chosen);
    if (!chosen || !(this.spec.divert_m > 0.5)) return null;
    const from = this.flight.at(this.spec.chosen_s).r;
    const points = [];
    const n = 60;
    for (let k = 0; k <= n; k++) {
      const at = [
        from[0] + (k / n) * (chosen.east_m - from[0]), from[1] + (k / n) * (chosen.north_m - from[1]), 0,
      ];
      const ground = this.relief.below(at);
      points.push([at[0] - this.focus[0], at[1] - this.focus[1], ground[2] + 0.15 - this.focus[2]]);
    }
    const white = points.map(() => colour("#ffe945"));
    const dashes = points.map((_, k) => 1e6 + 0.4 * k);
    const line = ribbon(points, white, dashes, 1.6);
    line.renderOrder = 4;
    return line;
  }

  aim(state) {
    const [a, b] = this.spec.field_of_view_deg.map((angle) => Math.tan((angle * Math.PI) / 360));
    const level = this.spec.points.level_m;
    const eye = state.r.map((x, k) => x - this.focus[k]);
    const reach = ([x, y]) => {
      const way = rotate(state.q, [x, y, -1]);
      const far = (state.r[2] - level) / Math.max(-way[2], 0.1);
      return way.map((part, k) => eye[k] + far * part);
    };
    const u = this.sweep;
    const corners = [[-a, -b], [a, -b], [a, b], [-a, b]].map(reach);
    const line = [[-a, -b + 2 * b * u], [a, -b + 2 * b * u]].map(reach);
    const at = this.beam.geometry.attributes.position;
    for (let k = 0; k < 4; k++) {
      at.array.set([...eye, ...corners[k], ...corners[(k + 1) % 4]], 9 * k);
    }
    at.array.set([...eye, ...line[0], ...line[1]], 36);
    at.needsUpdate = true;
  }

  // Show what there is of it at a time; `tint` is whether the map is wanted.
  show(state, tint, dotSize) {
    const { scan_start_s: start, scan_end_s: end, chosen_s: chosen } = this.spec;
    const t = state.t_s;
    const scanning = t >= start && t <= chosen;
    this.sweep = Math.min(Math.max((t - start) / Math.max(end - start, 1e-3), 0), 1);
    this.beam.visible = t >= start && t <= end;
    if (this.beam.visible) this.aim(state);
    const fade = 1 - Math.min(Math.max((t - chosen) / 1.5, 0), 1);
    this.returns.visible = t >= start && fade > 0;
    this.returns.material.uniforms.swept.value = this.sweep;
    this.returns.material.uniforms.share.value = 0.9 * fade;
    this.returns.material.uniforms.dot.value = dotSize;
    const known = Math.min(Math.max((t - chosen + 0.4) / 0.8, 0), 1);
    // paler about the lander at rest, so that the ground shows
    this.shared.hazardShare.value = tint ? known * (state.height_m < 6 ? 0.6 : 1) : 0;
    this.shared.siteShare.value = known;
    if (this.way) this.way.visible = known > 0.5 && state.height_m > 12;
    return { scanning, known: known > 0.5 };
  }
}
