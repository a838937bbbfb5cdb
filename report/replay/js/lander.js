// A lander of the mission's sizes: legs, body, engine, flame. Its origin is the middle of the plane
// of the footpads, z along the thrust.

import {
  AdditiveBlending, BufferAttribute, BufferGeometry, Color, ConeGeometry, CylinderGeometry,
  DoubleSide, Group, InstancedMesh, LatheGeometry, Matrix4, Mesh, MeshStandardMaterial,
  ShaderMaterial, SphereGeometry, Vector2, Vector3, BoxGeometry, Quaternion,
} from "three";

const GOLD = new Color("#c99b45");
const SILVER = new Color("#c3c7cd");
const WHITE = new Color("#e8e8e4");
const DARK = new Color("#2b2d31");
const UP = new Vector3(0, 1, 0);

// Many painted solids as one geometry without shared vertices: one call draws them all.
function merge(parts) {
  const places = [];
  const normals = [];
  const colours = [];
  for (const [solid, colour] of parts) {
    const flat = solid.index ? solid.toNonIndexed() : solid;
    flat.computeVertexNormals();
    places.push(...flat.attributes.position.array);
    normals.push(...flat.attributes.normal.array);
    for (let i = 0; i < flat.attributes.position.count; i++) colours.push(colour.r, colour.g, colour.b);
  }
  const made = new BufferGeometry();
  made.setAttribute("position", new BufferAttribute(new Float32Array(places), 3));
  made.setAttribute("normal", new BufferAttribute(new Float32Array(normals), 3));
  made.setAttribute("color", new BufferAttribute(new Float32Array(colours), 3));
  return made;
}

function rod(from, to, radius, sides = 7) {
  const a = new Vector3(...from);
  const b = new Vector3(...to);
  const way = b.clone().sub(a);
  const made = new CylinderGeometry(radius, radius, way.length(), sides);
  made.applyQuaternion(new Quaternion().setFromUnitVectors(UP, way.clone().normalize()));
  const middle = a.add(b).multiplyScalar(0.5);
  return made.translate(middle.x, middle.y, middle.z);
}

// A solid of revolution about z: [radius, height] from below upwards.
function turned(outline, sides) {
  const made = new LatheGeometry(outline.map(([r, z]) => new Vector2(r, z)), sides);
  return made.rotateX(Math.PI / 2);
}

const standing = (solid, z) => solid.rotateX(Math.PI / 2).translate(0, 0, z);

function sizes(spec) {
  const span = spec.legs.span_m;
  const rim = spec.legs.belly_clearance_m;
  const deck = rim + 0.12 * span;
  return { span, rim, deck, wide: 0.27 * span, top: deck + 0.26 * span };
}

function body(spec) {
  const { span, rim, deck, wide, top } = sizes(spec);
  const parts = [
    [turned([[0, deck], [wide, deck], [1.06 * wide, deck + 0.04 * span], [1.06 * wide, top - 0.03 * span],
      [wide, top], [0, top]], 8), GOLD],
    [turned([[0.12 * span, rim], [0.095 * span, rim + 0.05 * span], [0.045 * span, deck - 0.01 * span],
      [0.05 * span, deck + 0.01 * span]], 20), DARK],
  ];
  for (let k = 0; k < 4; k++) {
    const turn = (Math.PI / 2) * k + Math.PI / 4;
    const [c, s] = [Math.cos(turn), Math.sin(turn)];
    const tank = new SphereGeometry(0.085 * span, 12, 8).translate(0.17 * span * c, 0.17 * span * s, deck);
    parts.push([tank, SILVER]);
    const pod = new BoxGeometry(0.05 * span, 0.05 * span, 0.07 * span)
      .translate(1.1 * wide * Math.cos(turn + 0.4), 1.1 * wide * Math.sin(turn + 0.4), top - 0.05 * span);
    parts.push([pod, WHITE]);
  }
  if (spec.ascender) {
    const foot = top + 0.02 * span;
    parts.push([turned([[0, foot], [0.17 * span, foot], [0.2 * span, foot + 0.04 * span],
      [0.2 * span, foot + 0.14 * span], [0.14 * span, foot + 0.2 * span], [0, foot + 0.2 * span]], 8), SILVER]);
    for (const side of [-1, 1]) {
      parts.push([new BoxGeometry(0.05 * span, 0.36 * span, 0.012 * span)
        .rotateX(side * 0.2).translate(0, side * 0.39 * span, foot + 0.12 * span), new Color("#22304f")]);
    }
    parts.push([standing(new CylinderGeometry(0.05 * span, 0.06 * span, 0.05 * span, 12), foot + 0.22 * span), WHITE]);
  } else {
    parts.push([turned([[0, top], [0.2 * span, top], [0.2 * span, top + 0.05 * span],
      [0.1 * span, top + 0.09 * span], [0, top + 0.09 * span]], 10), SILVER]);
    for (const side of [-1, 1]) {
      parts.push([new BoxGeometry(0.3 * span, 0.2 * span, 0.012 * span)
        .rotateX(side * 0.5).translate(0, side * 0.33 * span, top + 0.02 * span), new Color("#22304f")]);
    }
  }
  // dish and mast
  parts.push([rod([0.2 * span, -0.1 * span, top], [0.24 * span, -0.12 * span, top + 0.2 * span], 0.008 * span), DARK]);
  parts.push([new ConeGeometry(0.075 * span, 0.035 * span, 16, 1, true).rotateX(-0.6)
    .translate(0.24 * span, -0.12 * span, top + 0.21 * span), WHITE]);
  return merge(parts);
}

// One leg along body x; crushing moves it up.
function leg(spec) {
  const { span, deck, wide, top } = sizes(spec);
  const reach = 0.5 * span;
  const pad = 0.5 * spec.legs.pad_m;
  return merge([
    [standing(new CylinderGeometry(0.75 * pad, pad, 0.22 * pad, 18), 0.11 * pad).translate(reach, 0, 0), SILVER],
    [rod([reach, 0, 0.2 * pad], [0.98 * wide, 0, top - 0.06 * span], 0.013 * span), SILVER],
    [rod([0.76 * reach + 0.24 * wide, 0, 0.24 * (top - 0.06 * span)], [0.98 * wide, 0, top - 0.06 * span], 0.021 * span), GOLD],
    [rod([0.8 * reach, 0, 0.3 * deck], [0.9 * wide, 0.55 * wide, deck + 0.02 * span], 0.009 * span), SILVER],
    [rod([0.8 * reach, 0, 0.3 * deck], [0.9 * wide, -0.55 * wide, deck + 0.02 * span], 0.009 * span), SILVER],
  ]);
}

const FLAME = {
  vertexShader: `
#include <common>
#include <logdepthbuf_pars_vertex>
varying float vDown;
varying vec3 vNormal;
varying vec3 vEye;
uniform float reach;
uniform float wide;
void main() {
  vDown = -position.z;
  vec3 at = vec3(position.xy * (1.0 + vDown * wide), position.z * reach);
  vec4 seen = modelViewMatrix * vec4(at, 1.0);
  vNormal = normalMatrix * vec3(position.xy, 0.0);
  vEye = -seen.xyz;
  gl_Position = projectionMatrix * seen;
  #include <logdepthbuf_vertex>
}`,
  fragmentShader: `
#include <common>
#include <logdepthbuf_pars_fragment>
uniform float throttle;
varying float vDown;
varying vec3 vNormal;
varying vec3 vEye;
void main() {
  #include <logdepthbuf_fragment>
  float facing = abs(dot(normalize(vNormal), normalize(vEye)));
  float edge = facing * facing;
  float down = pow(1.0 - clamp(vDown, 0.0, 1.0), 2.2);
  vec3 hot = mix(vec3(1.0, 0.50, 0.22), vec3(0.85, 0.90, 1.0), pow(down, 3.0));
  gl_FragColor = vec4(0.16 * hot * down * edge * (0.25 + 0.75 * throttle), 1.0);
  #include <colorspace_fragment>
}`,
};

export class Lander {
  constructor(spec) {
    this.spec = spec;
    this.size = sizes(spec);
    this.group = new Group();
    this.group.matrixAutoUpdate = false;
    const paint = new MeshStandardMaterial({
      vertexColors: true, roughness: 0.42, metalness: 0.35, flatShading: true, side: DoubleSide,
    });
    this.solid = new Group();
    this.solid.add(new Mesh(body(spec), paint));
    this.legs = new InstancedMesh(leg(spec), paint, spec.legs.count);
    this.legs.frustumCulled = false;
    this.solid.add(this.legs);
    this.group.add(this.solid);
    this.flame = this.makeFlame(0.115, 5.5, 0.85);
    this.core = this.makeFlame(0.06, 1.6, 0.25);
    this.azimuths = [];
    // half a spacing off body x, as the truth has them
    for (let i = 0; i < spec.legs.count; i++) this.azimuths.push((2 * Math.PI * (i + 0.5)) / spec.legs.count);
    this.crush = new Array(spec.legs.count).fill(-1);
    this.stand(new Array(spec.legs.count).fill(0));
  }

  makeFlame(radius, wide, share) {
    const solid = new CylinderGeometry(1, 1, 1, 40, 24, true).rotateX(Math.PI / 2).translate(0, 0, -0.5);
    solid.scale(radius * this.size.span, radius * this.size.span, 1);
    const material = new ShaderMaterial({
      ...FLAME, blending: AdditiveBlending, transparent: true, depthWrite: false, side: DoubleSide,
      uniforms: { throttle: { value: 0 }, reach: { value: 1 }, wide: { value: wide } },
    });
    const flame = new Mesh(solid, material);
    flame.position.z = this.size.rim;
    flame.frustumCulled = false;
    flame.userData.share = share;
    this.group.add(flame);
    return flame;
  }

  // Move each leg up by what it gives [m].
  stand(crush) {
    if (crush.every((part, i) => Math.abs(part - this.crush[i]) < 1e-4)) return;
    this.crush = crush;
    const m = new Matrix4();
    this.azimuths.forEach((turn, i) => {
      m.makeRotationZ(turn).setPosition(0, 0, crush[i]);
      this.legs.setMatrixAt(i, m);
    });
    this.legs.instanceMatrix.needsUpdate = true;
  }

  // Where the pads' soles would be if nothing gave, in body axes from the middle of their plane.
  pads() {
    const reach = 0.5 * this.spec.legs.span_m;
    return this.azimuths.map((turn) => [reach * Math.cos(turn), reach * Math.sin(turn), 0]);
  }

  burn(throttle) {
    for (const flame of [this.flame, this.core]) {
      flame.visible = throttle > 0.005;
      flame.material.uniforms.throttle.value = throttle;
      flame.material.uniforms.reach.value = this.size.span * flame.userData.share * (0.6 + 2.2 * throttle);
    }
  }
}
