// The picture: everything in its place for one moment, drawn once.

import {
  AdditiveBlending, Color, DataTexture, DirectionalLight, DoubleSide, HemisphereLight,
  LinearMipmapLinearFilter, Matrix4, Mesh, MeshBasicMaterial, OrthographicCamera,
  PerspectiveCamera, PlaneGeometry, Quaternion, RGBAFormat, Scene, ShaderMaterial,
  Vector2, Vector3, Vector4, WebGLRenderTarget, WebGLRenderer,
} from "three";
import { Cameras } from "./cameras.js";
import { ScanView } from "./scan_view.js";
import { rotate } from "./flight.js";
import { Lander } from "./lander.js";
import { Relief } from "./relief.js";
import { buildTerrain } from "./terrain.js";
import { colour, ribbon } from "./track.js";

const MASK = 256;
const LABEL_FAR_M = 900;

const DISC = {
  vertexShader: `
#include <common>
#include <logdepthbuf_pars_vertex>
varying vec2 vAt;
void main() {
  vAt = position.xy;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
  #include <logdepthbuf_vertex>
}`,
  fragmentShader: `
#include <common>
#include <logdepthbuf_pars_fragment>
uniform vec3 ink;
uniform float halo;
varying vec2 vAt;
void main() {
  #include <logdepthbuf_fragment>
  float r = 2.0 * length(vAt);
  float disc = 1.0 - smoothstep(0.9 * halo, halo, r);
  float glow = halo < 0.99 ? 0.30 * pow(max(1.0 - r, 0.0), 3.0) : 0.0;
  gl_FragColor = vec4(ink * (disc + glow), 1.0);
  #include <colorspace_fragment>
}`,
};

// What level ground looks like under this Sun, and how hard to print: a high Sun leaves little
// contrast of its own.
function exposure(sine) {
  const level = Math.max(sine, 0.05);
  const law = (0.62 * 2 * level) / (level + 0.42) + 0.38 * level;
  return new Vector2(law, 1.25 + 2.0 * level);
}

export class Stage {
  static async build(canvas, labels, spec, flight, still) {
    // asked for first, and elsewhere: three.js fills the console where there is none
    if (!document.createElement("canvas").getContext("webgl2")) throw new Error("no WebGL 2");
    const renderer = new WebGLRenderer({ canvas, antialias: true, logarithmicDepthBuffer: true });
    if (typeof DecompressionStream === "undefined") throw new Error("no DecompressionStream");
    const relief = await Relief.unpack(spec.ground);
    const stage = new Stage(renderer, labels, spec, flight, relief, still);
    if (spec.scan_view) {
      stage.scan_view = await ScanView.build(spec.scan_view, flight, relief, stage.focus, stage.shared);
      stage.scene.add(stage.scan_view.group);
      stage.markSites(spec.scan_view.sites, spec.lander.footprint_m);
    }
    return stage;
  }

  constructor(renderer, labels, spec, flight, relief, still) {
    Object.assign(this, { renderer, spec, flight, relief });
    renderer.info.autoReset = false;
    renderer.setClearColor(0x000000, 1);
    this.camera = new PerspectiveCamera(46, 1, 0.1, 3e6);
    this.scene = new Scene();
    const [east, north] = spec.ground.close_m;
    this.focus = relief.below([east, north, 0]);
    this.sun = spec.light.unit_site;
    this.shared = this.uniforms();
    buildTerrain(this.scene, relief, this.focus, this.sun, this.shared);
    this.lander = new Lander(spec.lander);
    this.lander.solid.traverse((part) => part.layers.enable(1));
    this.scene.add(this.lander.group);
    this.addLights();
    this.addTrack();
    this.mask = new WebGLRenderTarget(MASK, MASK, {
      generateMipmaps: true, minFilter: LinearMipmapLinearFilter, depthBuffer: true,
    });
    this.shared.mask.value = this.mask.texture;
    this.black = new MeshBasicMaterial({ color: 0xffffff, side: DoubleSide });
    const half = 0.5 * this.shared.shadeSize.value;
    this.sunEye = new OrthographicCamera(-half, half, half, -half, 0.1, 8 * half);
    this.sunEye.layers.set(1);
    this.labels = [];
    this.labelRoot = labels;
    this.tint = true;
    this.cameras = new Cameras(
      relief, spec.lander.legs.span_m, spec.light.azimuth_deg, spec.heading_deg, still,
    );
    this.mark("nominal site", relief.below([0, 0, 0]), "plain", () => true);
  }

  uniforms() {
    const nothing = new DataTexture(new Uint8Array(4), 1, 1, RGBAFormat);
    nothing.needsUpdate = true;
    const across = this.relief.across;
    return {
      acrossSite: { value: new Vector3(...across) },
      sunSite: { value: new Vector3(...this.sun) },
      hazards: { value: nothing },
      hazardBox: { value: new Vector4(0, 0, 1, 1) },
      hazardShare: { value: 0 },
      sites: { value: Array.from({ length: 9 }, () => new Vector4()) },
      siteShare: { value: 0 },
      mask: { value: nothing },
      landerView: { value: new Vector3() },
      shadeA: { value: new Vector3() },
      shadeB: { value: new Vector3() },
      shadeC: { value: new Vector3() },
      shadeSize: { value: 1.7 * this.spec.lander.legs.span_m },
      shadeShare: { value: 0 },
      glowView: { value: new Vector3() },
      glow: { value: 0 },
      exposure: { value: exposure(this.sun[2]) },
    };
  }

  addLights() {
    const sunlight = new DirectionalLight(0xfff6e8, 2.7);
    sunlight.position.set(...this.sun);
    this.scene.add(sunlight, new HemisphereLight(0x0a0c12, 0x8a8278, 1.7));
    this.sky = [this.disc(this.spec.light.unit_site, "#fff4dc", 0.14, 1.6e6 * 0.066, this.spec.light.is_sun)];
    this.sky.push(this.disc(this.spec.earth.unit_site, "#6aa7e0", 1, 1.6e6 * 0.033, this.spec.earth.elevation_deg > -3));
  }

  disc(direction, ink, halo, size, shown) {
    const mesh = new Mesh(new PlaneGeometry(1, 1), new ShaderMaterial({
      ...DISC, transparent: true, depthWrite: false, blending: AdditiveBlending,
      uniforms: { ink: { value: new Color(ink) }, halo: { value: halo } },
    }));
    mesh.scale.setScalar(size);
    mesh.userData.direction = new Vector3(...direction);
    mesh.visible = shown;
    mesh.frustumCulled = false;
    this.scene.add(mesh);
    return mesh;
  }

  addTrack() {
    const { flight } = this;
    const points = [];
    const inks = [];
    const times = [];
    for (let i = 0; i < flight.rows; i++) {
      const t = flight.column.t_s[i];
      const state = flight.at(t);
      // not a ribbon inside the lander at rest
      if (points.length && flight.contact_s !== null && t > flight.contact_s) break;
      points.push(this.baseOf(state).map((x, k) => x - this.focus[k]));
      inks.push(colour(flight.phases[state.phase].colour));
      times.push(t);
    }
    this.track = ribbon(points, inks, times, 3.4);
    this.scene.add(this.track);
  }

  baseOf(state) {
    const down = rotate(state.q, [0, 0, -state.com_height_m]);
    return state.r.map((x, k) => x + down[k]);
  }

  mark(text, place, kind, shown) {
    const element = document.createElement("span");
    element.className = `label ${kind}`;
    element.textContent = text;
    this.labelRoot.append(element);
    this.labels.push({ element, place: new Vector3(...place.map((x, k) => x - this.focus[k])), shown });
  }

  markSites(sites, footprint) {
    const places = this.shared.sites.value;
    sites.forEach((site, i) => {
      const at = this.relief.below([site.east_m, site.north_m, 0]);
      if (i < places.length) {
        places[i].set(site.east_m - this.focus[0], site.north_m - this.focus[1], footprint / 2, site.chosen ? 1 : 0);
      }
      this.mark(site.chosen ? `${i + 1} chosen` : `${i + 1}`, at, site.chosen ? "chosen" : "site", (seen) => seen.known && (site.chosen || !seen.near));
    });
  }

  resize(width, height, ratio) {
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
    this.width = width;
    this.height = height;
    this.camera.aspect = width / Math.max(height, 1);
    // on an upright screen what must be in the picture is narrower
    this.camera.fov = width < height ? 58 : 46;
    this.track.material.uniforms.screen.value.set(width / 2, height / 2);
    if (this.scan_view && this.scan_view.way) {
      this.scan_view.way.material.uniforms.screen.value.set(width / 2, height / 2);
      this.scan_view.way.material.uniforms.now.value = 2e6;
    }
  }

  place(state) {
    const base = this.baseOf(state);
    const [w, x, y, z] = state.q;
    this.lander.group.matrix.compose(
      new Vector3(...base.map((part, k) => part - this.focus[k])), new Quaternion(x, y, z, w),
      new Vector3(1, 1, 1),
    );
    this.lander.group.matrixWorldNeedsUpdate = true;
    // a pad below the ground has moved its leg up by so much
    const most = this.spec.lander.legs.stroke_m + 0.15;
    const crush = this.lander.pads().map((pad) => {
      if (state.height_m > 3) return 0;
      const at = rotate(state.q, pad).map((part, k) => part + base[k]);
      return Math.max(0, Math.min(most, -this.relief.clearance(at)));
    });
    this.lander.stand(crush);
    this.lander.burn(state.thrust_n / this.spec.lander.thrust_max_n);
    return base;
  }

  moment(t) {
    const seen = this.spec.scan_view;
    if (!seen) return "";
    if (t >= seen.scan_start_s - 2 && t < seen.chosen_s + 1) return "scan";
    if (t >= seen.chosen_s + 1 && t < seen.chosen_s + 22 && this.flight.at(t).height_m > 40) return "divert";
    return "";
  }

  // Draw a state; gives whether the camera is still on its way.
  draw(state, dt) {
    this.renderer.info.reset();
    const base = this.place(state);
    const moving = this.cameras.update(this.camera, state, base, this.focus, this.moment(state.t_s), dt);
    const dot = 0.55 * this.height;
    const seen = this.scan_view ? this.scan_view.show(state, this.tint, dot) : { known: false };
    this.track.material.uniforms.now.value = state.t_s;
    for (const disc of this.sky) {
      disc.position.copy(disc.userData.direction).multiplyScalar(1.6e6).add(this.camera.position);
      disc.quaternion.copy(this.camera.quaternion);
    }
    this.shade(state, base);
    this.renderer.render(this.scene, this.camera);
    this.placeLabels({ ...seen, near: state.height_m < 6 });
    return moving;
  }

  shade(state, base) {
    const { shared, camera, sunEye } = this;
    const tall = rotate(state.q, [0, 0, 0.3 * this.spec.lander.legs.span_m]);
    const middle = new Vector3(...base.map((x, k) => x + tall[k] - this.focus[k]));
    const share = 1 - Math.min(Math.max((state.height_m - 250) / 350, 0), 1);
    shared.shadeShare.value = 0.96 * share;
    const view = camera.matrixWorldInverse;
    shared.landerView.value.copy(middle).applyMatrix4(view);
    this.track.material.uniforms.clear.value.set(
      ...shared.landerView.value.toArray(), 0.5 * this.spec.lander.legs.span_m,
    );
    if (share > 0) {
      const sun = new Vector3(...this.sun);
      sunEye.position.copy(middle).addScaledVector(sun, 4 * sunEye.right);
      sunEye.up.set(0, 1, 0.01);
      sunEye.lookAt(middle);
      sunEye.updateMatrixWorld();
      const axes = new Matrix4().extractRotation(sunEye.matrixWorld);
      [shared.shadeA, shared.shadeB, shared.shadeC].forEach((axis, k) => {
        axis.value.setFromMatrixColumn(axes, k).transformDirection(view);
      });
      this.scene.overrideMaterial = this.black;
      this.renderer.setRenderTarget(this.mask);
      this.renderer.clear();
      this.renderer.render(this.scene, sunEye);
      this.renderer.setRenderTarget(null);
      this.scene.overrideMaterial = null;
    }
    const rim = rotate(state.q, [0, 0, -0.3]);
    const nozzle = new Vector3(...base.map((x, k) => x + rim[k] - this.focus[k]));
    shared.glowView.value.copy(nozzle).applyMatrix4(view);
    shared.glow.value = 0.9 * (state.thrust_n / this.spec.lander.thrust_max_n);
  }

  placeLabels(seen) {
    const at = new Vector3();
    for (const { element, place, shown } of this.labels) {
      at.copy(place);
      const far = at.distanceTo(this.camera.position);
      at.project(this.camera);
      const visible = far < LABEL_FAR_M && shown(seen) && at.z < 1 && Math.abs(at.x) < 1 && Math.abs(at.y) < 1;
      element.hidden = !visible;
      if (visible) {
        const x = (0.5 + 0.5 * at.x) * this.width;
        const y = (0.5 - 0.5 * at.y) * this.height;
        element.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
      }
    }
  }
}
