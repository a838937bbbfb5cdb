// The path as a ribbon of constant width on the screen, coloured by phase; what is to come is dim.

import {
  BufferAttribute, BufferGeometry, Color, DoubleSide, Mesh, ShaderMaterial, Vector2, Vector4,
} from "three";

const SHADERS = {
  vertexShader: `
#include <common>
#include <logdepthbuf_pars_vertex>
#define NEAR 0.5
attribute vec3 next; // the other end of the segment
attribute vec3 ink;
attribute float side;
attribute float when;
attribute float nextWhen;
uniform vec2 screen;
uniform float wide;
varying vec3 vInk;
varying float vWhen;
varying float vSide;
varying vec3 vView;
void main() {
  vec3 here = (modelViewMatrix * vec4(position, 1.0)).xyz;
  vec3 there = (modelViewMatrix * vec4(next, 1.0)).xyz;
  vWhen = when;
  // an end behind the camera is drawn in to where the segment comes into view
  if (here.z > -NEAR && there.z < -NEAR) {
    float share = (there.z + NEAR) / (there.z - here.z);
    here = mix(there, here, share);
    vWhen = mix(nextWhen, when, share);
  } else if (there.z > -NEAR && here.z < -NEAR) {
    there = mix(here, there, (here.z + NEAR) / (here.z - there.z));
  }
  vView = here;
  vec4 a = projectionMatrix * vec4(here, 1.0);
  vec4 b = projectionMatrix * vec4(there, 1.0);
  vec2 way = (b.xy / b.w - a.xy / a.w) * screen;
  float size = length(way);
  vec2 normal = size > 1e-4 ? vec2(-way.y, way.x) / size : vec2(0.0, 1.0);
  a.xy += normal * side * wide / screen * a.w;
  gl_Position = a;
  vInk = ink;
  vSide = when <= nextWhen ? side : -side; // of the whole ribbon, not of this end
  #include <logdepthbuf_vertex>
}`,
  fragmentShader: `
#include <common>
#include <logdepthbuf_pars_fragment>
uniform float now;
uniform vec4 clear; // no line in the way of the lander
varying vec3 vView;
varying vec3 vInk;
varying float vWhen;
varying float vSide;
void main() {
  #include <logdepthbuf_fragment>
  if (length(vView - clear.xyz) < clear.w) discard;
  float flown = step(vWhen, now);
  if (flown < 0.5 && fract(vWhen * 1.25) > 0.5) discard;
  // a dark edge: the colour is seen over bright ground as it is over a black sky
  vec3 edged = mix(vInk, vec3(0.004), smoothstep(0.62, 0.82, abs(vSide)));
  gl_FragColor = vec4(edged, mix(0.35, 0.95, flown));
  #include <colorspace_fragment>
}`,
};

// points: [x, y, z] in the scene; inks: Color of each; times [s].
export function ribbon(points, inks, times, wide) {
  const n = points.length;
  const place = new Float32Array(12 * Math.max(n - 1, 0));
  const next = new Float32Array(place.length);
  const ink = new Float32Array(place.length);
  const side = new Float32Array(place.length / 3);
  const when = new Float32Array(place.length / 3);
  const nextWhen = new Float32Array(place.length / 3);
  const index = [];
  for (let i = 0; i + 1 < n; i++) {
    const a = points[i];
    const b = points[i + 1];
    for (let k = 0; k < 4; k++) {
      const v = 4 * i + k;
      place.set(k < 2 ? a : b, 3 * v);
      next.set(k < 2 ? b : a, 3 * v);
      const c = inks[i];
      ink.set([c.r, c.g, c.b], 3 * v);
      side[v] = k % 2 === (k < 2 ? 1 : 0) ? 1 : -1; // seen from its other end, left is right
      when[v] = times[k < 2 ? i : i + 1];
      nextWhen[v] = times[k < 2 ? i + 1 : i];
    }
    index.push(4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 2, 4 * i + 1, 4 * i + 3);
  }
  const made = new BufferGeometry();
  made.setAttribute("position", new BufferAttribute(place, 3));
  made.setAttribute("next", new BufferAttribute(next, 3));
  made.setAttribute("ink", new BufferAttribute(ink, 3));
  made.setAttribute("side", new BufferAttribute(side, 1));
  made.setAttribute("when", new BufferAttribute(when, 1));
  made.setAttribute("nextWhen", new BufferAttribute(nextWhen, 1));
  made.setIndex(index);
  const material = new ShaderMaterial({
    ...SHADERS, transparent: true, depthWrite: false, side: DoubleSide,
    uniforms: {
      screen: { value: new Vector2(1, 1) }, wide: { value: wide }, now: { value: 0 }, clear: { value: new Vector4(0, 0, 0, -1) },
    },
  });
  const mesh = new Mesh(made, material);
  mesh.frustumCulled = false;
  mesh.renderOrder = 5;
  return mesh;
}

export const colour = (text) => new Color(text);
