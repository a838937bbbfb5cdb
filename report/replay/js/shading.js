// How the ground looks: light that dust scatters, shadows, the hazard map, rings about the sites.

export const vertex = /* glsl */ `
#include <common>
#include <logdepthbuf_pars_vertex>
uniform vec3 fromFocus;
uniform vec3 fromCentre;
uniform vec3 acrossSite;
uniform vec3 sunSite;
varying vec2 vUv;
varying vec3 vPlace;
varying vec3 vView;
varying vec3 vSun;
varying vec3 vEye;
varying vec2 vArc;
attribute vec2 arc;
void main() {
  vUv = uv;
  vArc = arc;
  vPlace = position + fromFocus;
  vec3 up = normalize(position + fromCentre);
  vec3 across = normalize(acrossSite - dot(acrossSite, up) * up);
  vec3 along = cross(across, up);
  vSun = vec3(dot(sunSite, along), dot(sunSite, across), dot(sunSite, up));
  vec4 seen = modelViewMatrix * vec4(position, 1.0);
  vView = seen.xyz;
  vec3 eye = transpose(mat3(modelViewMatrix)) * -seen.xyz;
  vEye = vec3(dot(eye, along), dot(eye, across), dot(eye, up));
  gl_Position = projectionMatrix * seen;
  #include <logdepthbuf_vertex>
}`;

export const fragment = /* glsl */ `
#include <common>
#include <logdepthbuf_pars_fragment>
uniform sampler2D relief;
uniform sampler2D outer;
uniform vec4 outerBox;
uniform float seam;
uniform sampler2D hazards;
uniform vec4 hazardBox;
uniform float hazardShare;
uniform vec4 sites[9];
uniform float siteShare;
uniform sampler2D mask;
uniform vec3 landerView;
uniform vec3 shadeA;
uniform vec3 shadeB;
uniform vec3 shadeC;
uniform float shadeSize;
uniform float shadeShare;
uniform vec3 glowView;
uniform float glow;
uniform float gridCell;
uniform vec2 exposure;
varying vec2 vUv;
varying vec3 vPlace;
varying vec3 vView;
varying vec3 vSun;
varying vec3 vEye;
varying vec2 vArc;

float ring(vec2 p, vec2 middle, float radius, float wide) {
  float off = abs(length(p - middle) - radius);
  return 1.0 - smoothstep(wide, 2.2 * wide, off);
}

float lines(vec2 at, float cell) {
  vec2 x = at / cell;
  vec2 w = fwidth(x);
  vec2 off = abs(fract(x - 0.5) - 0.5);
  vec2 line = 1.0 - smoothstep(w * 0.6, w * 1.6, off);
  return max(line.x, line.y) * (1.0 - smoothstep(0.08, 0.3, max(w.x, w.y)));
}

float grain(vec2 p) {
  return fract(sin(dot(floor(p), vec2(12.9898, 78.233))) * 43758.5453);
}

void main() {
  #include <logdepthbuf_fragment>
  // towards its edge a square takes on the light of the coarser one about it
  vec2 inward = min(vUv, 1.0 - vUv);
  float own = smoothstep(0.0, seam, min(inward.x, inward.y));
  vec4 held = mix(texture2D(outer, (vArc - outerBox.xy) / outerBox.zw), texture2D(relief, vUv), own);
  vec2 tip = (held.rg * 255.0 - 127.5 - 0.5) / 127.0;
  vec3 normal = vec3(tip, sqrt(max(1.0 - dot(tip, tip), 0.02)));
  vec3 sun = normalize(vSun);
  vec3 eye = normalize(vEye);
  float mu0 = dot(normal, sun);
  float mu = max(dot(normal, eye), 0.05);
  float day = held.b * smoothstep(-0.02, 0.03, sun.z);
  // Lunar-Lambert: Lommel-Seeliger's law of dark dust with some of Lambert's (McEwen 1991)
  float in0 = max(mu0, 0.0);
  float light = day * (0.62 * 2.0 * in0 / (in0 + mu + 1e-4) + 0.38 * in0);
  // brighter against the Sun, where grains hide their own shadows
  float phase = dot(sun, eye);
  light *= 0.86 + 0.30 * smoothstep(0.55, 1.0, phase);
  float off = length(vView);
  float near = 1.0 - smoothstep(15.0, 60.0, off);
  light *= 1.0 + near * 0.05 * (grain(vPlace.xy * 18.0) - 0.5);

  // the lander's own shadow
  vec3 arm = vView - landerView;
  float behind = -dot(arm, shadeC);
  if (shadeShare > 0.0 && behind > -shadeSize) {
    vec2 at = vec2(dot(arm, shadeA), dot(arm, shadeB)) / shadeSize + 0.5;
    if (at.x > 0.0 && at.x < 1.0 && at.y > 0.0 && at.y < 1.0) {
      float blur = log2(1.0 + max(behind, 0.0) * 0.0093 * 256.0 / shadeSize);
      light *= 1.0 - shadeShare * textureLod(mask, at, blur).r;
    }
  }
  vec3 dust = vec3(0.235, 0.228, 0.216);
  // exposed for level ground at the site and printed hard, as photographs of the Moon are
  light = pow(min(light / exposure.x, 2.4), exposure.y);
  vec3 colour = dust * (0.72 * light + 0.012);

  // warm light of the flame
  float reach = length(vView - glowView);
  colour += vec3(1.0, 0.62, 0.32) * 2.0 * dust * glow / (1.0 + reach * reach * 0.35);

  vec2 at = (vPlace.xy - hazardBox.xy) / hazardBox.zw;
  if (hazardShare > 0.0 && at.x > 0.0 && at.x < 1.0 && at.y > 0.0 && at.y < 1.0) {
    vec4 verdict = texture2D(hazards, at);
    float shade = 0.16 + 0.84 * min(light, 1.0);
    colour = mix(colour, 0.62 * verdict.rgb * shade, verdict.a * hazardShare);
    vec2 edge = min(at, 1.0 - at) * hazardBox.zw;
    vec2 wide = fwidth(vPlace.xy);
    float rim = 1.0 - smoothstep(0.0, 1.6, min(edge.x / (wide.x + 1e-6), edge.y / (wide.y + 1e-6)));
    colour = mix(colour, vec3(1.0), 0.7 * rim * hazardShare);
  }
  if (siteShare > 0.0) {
    float wide = max(0.05, 0.42 * length(fwidth(vPlace.xy)));
    for (int i = 0; i < 9; i++) {
      if (sites[i].z <= 0.0) continue;
      float own = ring(vPlace.xy, sites[i].xy, sites[i].z, wide * (sites[i].w > 0.5 ? 1.2 : 0.7));
      vec3 ink = sites[i].w > 0.5 ? vec3(1.0, 0.93, 0.25) : vec3(1.0);
      float dark = ring(vPlace.xy, sites[i].xy, sites[i].z, wide * 2.4);
      colour = mix(colour, vec3(0.0), 0.5 * dark * siteShare);
      colour = mix(colour, ink, own * siteShare);
    }
  }
  if (gridCell > 0.0) {
    float on = max(0.7 * lines(vArc, gridCell), lines(vArc, 5.0 * gridCell));
    colour += on * vec3(0.018, 0.036, 0.050) * (0.5 + light);
  }
  gl_FragColor = vec4(1.0 - exp(-1.55 * colour), 1.0);
  #include <colorspace_fragment>
}`;
