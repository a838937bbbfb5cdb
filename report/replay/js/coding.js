// Numbers out of text: the other end of coding.py.

export function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}

export const floats = (text) => new Float32Array(bytes(text).buffer);
export const shorts = (text) => new Int16Array(bytes(text).buffer);

export async function inflate(text) {
  const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Heights [m], row by row: residuals unfolded, then summed along columns and rows, modulo 2^16.
export async function heights(packed) {
  const { rows, columns, low_m, step_m } = packed;
  const planes = await inflate(packed.data);
  const count = rows * columns;
  const level = new Uint16Array(count);
  const out = new Float32Array(count);
  for (let i = 0; i < rows; i++) {
    let along = 0;
    for (let j = 0, k = i * columns; j < columns; j++, k++) {
      const folded = planes[k] | (planes[count + k] << 8);
      along += folded & 1 ? -((folded + 1) >> 1) : folded >> 1;
      level[k] = along + (i ? level[k - columns] : 0);
      out[k] = low_m + step_m * level[k];
    }
  }
  return out;
}
