// The state of the lander at any time, between the rows of telemetry.

import { floats, shorts } from "./coding.js";

const SCALARS = [
  "mass_kg", "thrust_n", "cmd_thrust_n", "height_m", "altitude_m", "vertical_mps",
  "horizontal_mps", "tilt_deg", "downrange_m", "com_height_m",
];

export class Flight {
  constructor(motion) {
    this.rows = motion.rows;
    this.column = {};
    for (const name of Object.keys(motion.columns)) this.column[name] = floats(motion.columns[name]);
    this.turn = shorts(motion.q_site_body);
    this.phases = motion.phases;
    this.end_s = motion.end_s;
    this.late_s = motion.late_s;
    this.contact_s = motion.contact_s;
  }

  // Last row at or before a time.
  row(t) {
    const times = this.column.t_s;
    let low = 0;
    let high = this.rows - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (times[middle] <= t) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  phase(t) {
    let found = 0;
    for (let i = 0; i < this.phases.length; i++) if (t >= this.phases[i].start_s - 1e-4) found = i;
    return found;
  }

  at(t) {
    const state = { t_s: t, phase: this.phase(t), r: [0, 0, 0], v: [0, 0, 0], q: [1, 0, 0, 0] };
    if (!this.rows) return state;
    const i = this.row(t);
    const j = Math.min(i + 1, this.rows - 1);
    const c = this.column;
    const dt = c.t_s[j] - c.t_s[i];
    const u = dt > 0 ? Math.min(Math.max((t - c.t_s[i]) / dt, 0), 1) : 0;
    for (const name of SCALARS) state[name] = c[name][i] + u * (c[name][j] - c[name][i]);
    // the cubic through both ends with their velocities
    const h1 = u * u * (3 - 2 * u);
    const d0 = u * (1 - u) * (1 - u) * dt;
    const d1 = -u * u * (1 - u) * dt;
    for (let k = 0; k < 3; k++) {
      const a = c.r_site[3 * i + k];
      const b = c.r_site[3 * j + k];
      const va = c.v_site[3 * i + k];
      const vb = c.v_site[3 * j + k];
      state.r[k] = a + h1 * (b - a) + d0 * va + d1 * vb;
      state.v[k] = va + u * (vb - va);
    }
    state.q = this.attitude(i, j, u);
    return state;
  }

  // Between two unit quaternions, scalar first: rows are near each other, so a chord will do.
  attitude(i, j, u) {
    let dot = 0;
    for (let k = 0; k < 4; k++) dot += this.turn[4 * i + k] * this.turn[4 * j + k];
    const sign = dot < 0 ? -1 : 1;
    const q = [0, 0, 0, 0];
    let size = 0;
    for (let k = 0; k < 4; k++) {
      q[k] = (1 - u) * this.turn[4 * i + k] + sign * u * this.turn[4 * j + k];
      size += q[k] * q[k];
    }
    size = Math.sqrt(size) || 1;
    return q.map((part) => part / size);
  }
}

export function rotate([w, x, y, z], [a, b, c]) {
  return [
    (1 - 2 * (y * y + z * z)) * a + 2 * (x * y - w * z) * b + 2 * (x * z + w * y) * c,
    2 * (x * y + w * z) * a + (1 - 2 * (x * x + z * z)) * b + 2 * (y * z - w * x) * c,
    2 * (x * z - w * y) * a + 2 * (y * z + w * x) * b + (1 - 2 * (x * x + y * y)) * c,
  ];
}
