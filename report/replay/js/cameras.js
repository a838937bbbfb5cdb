// Where the spectator stands: a film that chooses its own shots, a camera that follows, one that
// stays at the site, and one that looks from the ground.

const MODES = ["film", "follow", "site", "ground"];
export const NAMES = { film: "Film", follow: "Follow", site: "Site", ground: "Ground" };
const RAD = Math.PI / 180;
const ACROSS = 72; // degrees from the Sun to the spectator, seen from above

export class Cameras {
  constructor(relief, span, sunAzimuth, heading, still) {
    Object.assign(this, { relief, span, still });
    this.mode = "film";
    // across the light, which shows relief best, on the side that looks more along the flight
    const turn = (angle) => ((((angle - heading - 180) % 360) + 540) % 360) - 180;
    const [one, other] = [turn(sunAzimuth + ACROSS), turn(sunAzimuth - ACROSS)];
    this.azimuth = (180 + (Math.abs(one) < Math.abs(other) ? one : other)) * RAD;
    this.now = { azimuth: this.azimuth, elevation: 14 * RAD, distance: 5 * span, shift: 0 };
    this.want = { ...this.now };
    this.jump = true;
  }

  cycle() {
    this.choose(MODES[(MODES.indexOf(this.mode) + 1) % MODES.length]);
  }

  choose(mode) {
    if (!MODES.includes(mode)) return;
    this.mode = mode;
    if (mode === "site") Object.assign(this.want, { elevation: 24 * RAD, distance: 14 * this.span });
    if (mode === "follow") {
      Object.assign(this.want, this.now);
      this.want.shift = 0;
    }
    if (this.still || mode === "site" || mode === "ground") this.jump = true;
  }

  turn(dx, dy) {
    this.take();
    this.want.azimuth += 0.006 * dx;
    this.want.elevation = Math.max(-1.2, Math.min(1.5, this.want.elevation + 0.006 * dy));
  }

  zoom(factor) {
    this.take();
    this.want.distance = Math.max(0.8 * this.span, Math.min(60000, this.want.distance * factor));
  }

  // A hand on the camera ends the film.
  take() {
    if (this.mode === "film") this.choose("follow");
  }

  // The shot for a moment: how far [spans or metres], how high, and how far down to the ground the
  // middle of the picture lies (0 the lander, 1 the ground beneath).
  shot(state, moment, slow) {
    const s = this.span;
    const drift = this.still ? 0 : 0.28 * Math.sin(slow / 170);
    const h = Math.max(state.height_m, 0);
    if (moment === "scan") return { distance: 1.8 * h + 6 * s, elevation: 29 * RAD, shift: 0.6, drift };
    if (moment === "divert") return { distance: 1.6 * h + 5 * s, elevation: 29 * RAD, shift: 0.62, drift };
    if (h < 12) return { distance: 3.1 * s, elevation: 9 * RAD, shift: 0.1, drift };
    if (h < 60) {
      const up = (h - 12) / 48;
      return { distance: 3.1 * s + 1.1 * h, elevation: (9 + 14 * up) * RAD, shift: 0.1 + 0.42 * up, drift };
    }
    if (h < 400) return { distance: 4 * s + 0.4 * h, elevation: 16 * RAD, shift: 0.1, drift };
    return { distance: 4.6 * s, elevation: 13 * RAD, shift: 0, drift };
  }

  // Place a three.js camera; dt [s] of real time since the last picture.
  update(camera, state, base, focus, moment, dt) {
    const { relief, now, want } = this;
    if (this.mode === "film") {
      const shot = this.shot(state, moment, state.t_s);
      want.distance = shot.distance;
      want.elevation = shot.elevation;
      want.shift = shot.shift;
      want.azimuth = this.azimuth + shot.drift;
    }
    const ease = this.jump || this.still ? 1 : 1 - Math.exp(-dt * (this.mode === "film" ? 1.6 : 9));
    this.jump = false;
    let moving = 0;
    for (const name of ["azimuth", "elevation", "shift"]) {
      moving = Math.max(moving, Math.abs(want[name] - now[name]));
      now[name] += ease * (want[name] - now[name]);
    }
    const ratio = want.distance / now.distance;
    moving = Math.max(moving, Math.abs(Math.log(ratio)));
    now.distance *= ratio ** ease;

    const ground = relief.below(base);
    const middle = this.size(state);
    let target = base.map((x, k) => x + middle[k] + now.shift * (ground[k] - x));
    if (this.mode === "site") target = relief.below(focus).map((x, k) => x + (k === 2 ? 0.3 * this.span : 0));
    const { up, along, across } = relief.axes(target);
    let eye;
    if (this.mode === "ground") {
      const [c, s] = [Math.cos(want.azimuth), Math.sin(want.azimuth)];
      const feet = focus.map((x, k) => x + 5.5 * this.span * (c * along[k] - s * across[k]));
      eye = relief.below(feet).map((x, k) => x + 1.7 * up[k]);
    } else {
      const level = Math.cos(now.elevation) * now.distance;
      const rise = Math.sin(now.elevation) * now.distance;
      // azimuth counts clockwise from the flight's heading
      const [c, s] = [Math.cos(now.azimuth), Math.sin(now.azimuth)];
      eye = target.map((x, k) => x + level * (c * along[k] - s * across[k]) + rise * up[k]);
    }
    const room = relief.clearance(eye) - Math.max(0.7, 0.02 * now.distance);
    if (room < 0) eye = eye.map((x, k) => x - room * up[k]);
    camera.up.set(...up);
    camera.position.set(...eye.map((x, k) => x - focus[k]));
    camera.lookAt(...target.map((x, k) => x - focus[k]));
    const off = Math.hypot(...eye.map((x, k) => x - base[k]));
    const h = relief.clearance(eye);
    camera.near = Math.max(0.05, 0.05 * Math.min(off, Math.max(h, 1)));
    camera.far = 3e6;
    camera.updateProjectionMatrix();
    camera.updateMatrixWorld();
    return moving > 1e-3;
  }

  // From the middle of the pads' plane to the middle of the lander.
  size(state) {
    const z = 0.3 * this.span;
    const [w, x, y, c] = state.q;
    return [2 * (x * c + w * y) * z, 2 * (y * c - w * x) * z, (1 - 2 * (x * x + y * y)) * z];
  }
}
