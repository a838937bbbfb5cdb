// What the light needs to know of a raster, as pixels: normals, and where the Sun does not reach.

// Cast shadows by sweeping away from the Sun: the top of the shadow falls by the Sun's elevation
// from node to node, unless the ground is higher.
function lit(raster, sun) {
  const { rows, columns, z, cell_m: cell } = raster;
  const out = new Uint8Array(rows * columns).fill(255);
  const level = Math.hypot(sun[0], sun[1]);
  if (level < 1e-6) return out;
  const byColumn = Math.abs(sun[0]) >= Math.abs(sun[1]);
  const main = byColumn ? sun[0] : sun[1];
  const aside = (byColumn ? sun[1] : sun[0]) / Math.abs(main);
  const [n, m] = byColumn ? [columns, rows] : [rows, columns];
  const [stepN, stepM] = byColumn ? [1, columns] : [columns, 1];
  const drop = (cell * Math.hypot(1, aside) * sun[2]) / level;
  const soft = 0.3 * cell;
  let before = new Float32Array(m).fill(-1e9);
  let now = new Float32Array(m);
  for (let a = 0; a < n; a++) {
    const at = main > 0 ? n - 1 - a : a;
    const towards = main > 0 ? at + 1 : at - 1;
    for (let b = 0; b < m; b++) {
      let top = -1e9;
      const from = b + aside;
      if (a > 0 && from >= 0 && from <= m - 1) {
        const k = Math.min(Math.floor(from), m - 2);
        const f = from - k;
        const ground = towards * stepN + k * stepM;
        const cast = before[k] + f * (before[k + 1] - before[k]);
        top = Math.max(cast, z[ground] + f * (z[ground + stepM] - z[ground])) - drop;
      }
      now[b] = top;
      const here = at * stepN + b * stepM;
      const share = 0.5 + (z[here] - top) / (2 * soft);
      out[here] = 255 * Math.max(0, Math.min(1, share));
    }
    [before, now] = [now, before];
  }
  return out;
}

// RGBA: normal along u and v about 128, light, and 255. A dither hides the steps of 8 bits.
export function pixels(raster, sun, shadows) {
  const { rows, columns, z, cell_m: cell } = raster;
  const out = new Uint8Array(4 * rows * columns);
  const light = shadows ? lit(raster, sun) : null;
  let noise = 12345;
  for (let i = 0; i < rows; i++) {
    const south = Math.max(i - 1, 0);
    const north = Math.min(i + 1, rows - 1);
    for (let j = 0; j < columns; j++) {
      const west = Math.max(j - 1, 0);
      const east = Math.min(j + 1, columns - 1);
      const k = i * columns + j;
      const du = (z[i * columns + east] - z[i * columns + west]) / ((east - west) * cell);
      const dv = (z[north * columns + j] - z[south * columns + j]) / ((north - south) * cell);
      const size = 1 / Math.sqrt(1 + du * du + dv * dv);
      noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
      out[4 * k] = 127.5 - 127 * du * size + noise / 4294967296;
      noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
      out[4 * k + 1] = 127.5 - 127 * dv * size + noise / 4294967296;
      out[4 * k + 2] = light ? light[k] : 255;
      out[4 * k + 3] = 255;
    }
  }
  return out;
}
