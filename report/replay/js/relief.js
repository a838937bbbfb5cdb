// Heights of the ground anywhere, in the arcs u, v of farside.ground.arcs.

import { heights } from "./coding.js";

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

export class Relief {
  static async unpack(ground) {
    const fields = await Promise.all(ground.rasters.map((raster) => heights(raster.heights)));
    return new Relief(ground, fields);
  }

  constructor(ground, fields) {
    this.along = ground.along_site;
    this.across = ground.across_site;
    this.radius = ground.radius_m;
    this.arc = ground.arc_m;
    this.rasters = ground.rasters.map((raster, i) => ({
      ...raster,
      rows: raster.heights.rows,
      columns: raster.heights.columns,
      z: fields[i],
    }));
  }

  // Arcs u, v [m] and distance from the Moon's centre of a place in site axes.
  arcs(p) {
    const q = [p[0], p[1], p[2] + this.radius];
    const size = Math.sqrt(dot(q, q));
    return [
      this.arc * Math.atan2(dot(q, this.along), q[2]),
      this.arc * Math.asin(Math.max(-1, Math.min(1, dot(q, this.across) / size))),
      size,
    ];
  }

  // Place in site axes of a height [m] above the radius of the site.
  place(u, v, h) {
    const phi = u / this.arc;
    const theta = v / this.arc;
    const r = this.radius + h;
    const a = r * Math.cos(theta) * Math.sin(phi);
    const b = r * Math.sin(theta);
    const w = r * Math.cos(theta) * Math.cos(phi) - this.radius;
    return [
      a * this.along[0] + b * this.across[0],
      a * this.along[1] + b * this.across[1],
      w,
    ];
  }

  // Unit vectors at a place: up, and onward along the flight, and across.
  axes(p) {
    const up = [p[0], p[1], p[2] + this.radius];
    const size = Math.sqrt(dot(up, up));
    for (let k = 0; k < 3; k++) up[k] /= size;
    const c = dot(this.across, up);
    const across = this.across.map((part, k) => part - c * up[k]);
    const level = Math.sqrt(dot(across, across));
    for (let k = 0; k < 3; k++) across[k] /= level;
    const along = [
      across[1] * up[2] - across[2] * up[1],
      across[2] * up[0] - across[0] * up[2],
      across[0] * up[1] - across[1] * up[0],
    ];
    return { up, along, across };
  }

  // Ground above the radius of the site [m] at arcs u, v, from the finest raster there.
  height(u, v) {
    for (const raster of this.rasters) {
      const x = (u - raster.u0_m) / raster.cell_m;
      const y = (v - raster.v0_m) / raster.cell_m;
      if (x < 0 || y < 0 || x > raster.columns - 1 || y > raster.rows - 1) continue;
      const j = Math.min(Math.floor(x), raster.columns - 2);
      const i = Math.min(Math.floor(y), raster.rows - 2);
      const k = i * raster.columns + j;
      const z = raster.z;
      const low = z[k] + (x - j) * (z[k + 1] - z[k]);
      const far = k + raster.columns;
      const high = z[far] + (x - j) * (z[far + 1] - z[far]);
      return low + (y - i) * (high - low);
    }
    return 0;
  }

  below(p) {
    const [u, v] = this.arcs(p);
    return this.place(u, v, this.height(u, v));
  }

  clearance(p) {
    const [u, v, size] = this.arcs(p);
    return size - this.radius - this.height(u, v);
  }
}
