// The ground as meshes: one for each raster, each with a hole where the next finer one lies.

import {
  BufferAttribute, BufferGeometry, ClampToEdgeWrapping, DoubleSide, LinearFilter,
  LinearMipmapLinearFilter, Mesh, NoColorSpace, RGBAFormat, ShaderMaterial, DataTexture, Vector3, Vector4,
} from "three";
import { pixels } from "./light.js";
import { fragment, vertex } from "./shading.js";

const CLOSE_CELLS = 56; // half the square about the touchdown that is drawn cell by cell

// Node indices of another raster's edges on this one: [south, north, west, east].
function box(raster, finer) {
  const index = (at, from) => Math.round((at - from) / raster.cell_m);
  return [
    index(finer.v0_m, raster.v0_m),
    index(finer.v0_m + (finer.rows - 1) * finer.cell_m, raster.v0_m),
    index(finer.u0_m, raster.u0_m),
    index(finer.u0_m + (finer.columns - 1) * finer.cell_m, raster.u0_m),
  ];
}

// Vertices every `mesh` nodes inside `frame`, none of the quads inside `hole`, and skirts that hang
// from every edge, so that no gap shows where two postings meet.
function geometry(relief, raster, frame, mesh, hole, origin) {
  const [south, north, west, east] = frame;
  const high = Math.floor((north - south) / mesh);
  const wide = Math.floor((east - west) / mesh);
  const place = [];
  const uv = [];
  const arc = [];
  const index = [];
  const vertexAt = (i, j, drop) => {
    const row = south + i * mesh;
    const column = west + j * mesh;
    const u = raster.u0_m + column * raster.cell_m;
    const v = raster.v0_m + row * raster.cell_m;
    const p = relief.place(u, v, raster.z[row * raster.columns + column] - drop);
    place.push(p[0] - origin[0], p[1] - origin[1], p[2] - origin[2]);
    uv.push((column + 0.5) / raster.columns, (row + 0.5) / raster.rows);
    arc.push(u, v);
    return place.length / 3 - 1;
  };
  for (let i = 0; i <= high; i++) for (let j = 0; j <= wide; j++) vertexAt(i, j, 0);
  const kept = (i, j) => {
    if (i < 0 || j < 0 || i >= high || j >= wide) return false;
    const [row, column] = [south + i * mesh, west + j * mesh];
    return !(hole && row >= hole[0] && row + mesh <= hole[1] && column >= hole[2]
      && column + mesh <= hole[3]);
  };
  const drop = 0.35 * mesh * raster.cell_m;
  const skirt = (i0, j0, i1, j1) => {
    const a = i0 * (wide + 1) + j0;
    const b = i1 * (wide + 1) + j1;
    const c = vertexAt(i0, j0, drop);
    const d = vertexAt(i1, j1, drop);
    index.push(a, c, b, b, c, d);
  };
  for (let i = 0; i < high; i++) {
    for (let j = 0; j < wide; j++) {
      if (!kept(i, j)) continue;
      const a = i * (wide + 1) + j;
      const b = a + wide + 1;
      index.push(a, a + 1, b + 1, a, b + 1, b);
      if (!kept(i - 1, j)) skirt(i, j, i, j + 1);
      if (!kept(i + 1, j)) skirt(i + 1, j + 1, i + 1, j);
      if (!kept(i, j - 1)) skirt(i + 1, j, i, j);
      if (!kept(i, j + 1)) skirt(i, j + 1, i + 1, j + 1);
    }
  }
  const made = new BufferGeometry();
  made.setAttribute("position", new BufferAttribute(new Float32Array(place), 3));
  made.setAttribute("uv", new BufferAttribute(new Float32Array(uv), 2));
  made.setAttribute("arc", new BufferAttribute(new Float32Array(arc), 2));
  made.setIndex(index);
  made.computeBoundingSphere();
  return made;
}

function texture(raster, sun, shadows) {
  const image = new DataTexture(
    pixels(raster, sun, shadows), raster.columns, raster.rows, RGBAFormat,
  );
  image.colorSpace = NoColorSpace;
  image.wrapS = image.wrapT = ClampToEdgeWrapping;
  image.magFilter = LinearFilter;
  image.minFilter = LinearMipmapLinearFilter;
  image.generateMipmaps = true;
  image.anisotropy = 4;
  image.needsUpdate = true;
  return image;
}

// Add the ground to a scene whose origin is `focus` [m, site].
export function buildTerrain(scene, relief, focus, sun, shared) {
  const local = [
    sun[0] * relief.along[0] + sun[1] * relief.along[1],
    sun[0] * relief.across[0] + sun[1] * relief.across[1],
    sun[2],
  ];
  const isSquare = (raster) => raster.name.startsWith("square");
  const images = relief.rasters.map((raster) => texture(raster, local, isSquare(raster)));
  relief.rasters.forEach((raster, number) => {
    const square = isSquare(raster);
    const around = relief.rasters[number + 1] || raster;
    const whole = [0, raster.rows - 1, 0, raster.columns - 1];
    const finer = relief.rasters[number - 1];
    const parts = [[whole, raster.mesh, finer ? box(raster, finer) : null]];
    if (!finer) {
      const middle = [raster.rows - 1, raster.columns - 1].map((n) => Math.round(n / 2));
      const half = Math.min(CLOSE_CELLS, ...middle);
      const close = [middle[0] - half, middle[0] + half, middle[1] - half, middle[1] + half];
      parts[0][2] = close;
      parts.push([close, 1, null]);
    }
    const middle = [
      raster.u0_m + 0.5 * (raster.columns - 1) * raster.cell_m,
      raster.v0_m + 0.5 * (raster.rows - 1) * raster.cell_m,
    ];
    const origin = relief.place(middle[0], middle[1], 0);
    const material = new ShaderMaterial({
      vertexShader: vertex,
      fragmentShader: fragment,
      side: DoubleSide,
      uniforms: {
        ...shared,
        relief: { value: images[number] },
        outer: { value: images[number + 1] || images[number] },
        outerBox: { value: new Vector4(
          around.u0_m - 0.5 * around.cell_m, around.v0_m - 0.5 * around.cell_m,
          around.columns * around.cell_m, around.rows * around.cell_m,
        ) },
        seam: { value: square ? 0.14 : 1e-6 },
        gridCell: { value: square ? 0 : 10000 },
        fromFocus: { value: new Vector3(...origin.map((x, k) => x - focus[k])) },
        fromCentre: { value: new Vector3(origin[0], origin[1], origin[2] + relief.radius) },
      },
    });
    for (const [frame, mesh, hole] of parts) {
      const made = new Mesh(geometry(relief, raster, frame, mesh, hole, origin), material);
      made.position.set(...origin.map((x, k) => x - focus[k]));
      scene.add(made);
    }
  });
}
