/**
 * A fingerprint of the values in a job's metadata (a Bloom filter of 52 bits, which a JavaScript number holds
 * exactly): a delivery whose fingerprint lacks a bit of the wanted value's has no such value. It stands in a small
 * index, so that a search for a rare value looks at few of the rows, whose metadata may be long.
 */
const bits = 52;

/** Bits of a fingerprint's upper half: operators on bits take 32 of a number. */
const half = bits / 2;

/** The fingerprint of all values in metadata; 0 when there is none. */
export function traitsOf(metadata: unknown): number {
  let [upper, lower] = [0, 0];
  const walk = (value: unknown, path: number): void => {
    if (typeof value !== 'object' || value === null) {
      const hash = hashOf(path, String(value));
      for (const place of [hash % bits, Math.floor(hash / bits) % bits])
        if (place < half) lower |= 1 << place;
        else upper |= 1 << (place - half);
    } else if (!Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) walk(inner, into(path, key));
    }
  };
  if (metadata !== undefined) walk(metadata, basis);
  return upper * 2 ** half + lower;
}

/** The fingerprint of one value (words and digits only), by its keys. */
export const traitOf = (keys: readonly string[], value: string): number =>
  traitsOf(keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value));

/** FNV-1a. */
const basis = 0x811c9dc5;
const add = (hash: number, text: string): number => {
  let sum = hash;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum;
};

/** Goes on from the hash of a path to that of a key there. */
const into = (path: number, key: string): number => add(add(path, '\0'), key);

/**
 * The hash of a value by that of its path, which gives two places in the fingerprint: without regard to the case of
 * letters, or to how a number is written: 10.0 and 10 have the same ones, as do numbers that JavaScript can't tell apart.
 */
function hashOf(path: number, value: string): number {
  const short = value.slice(0, 256).toLowerCase();
  const plain = /^-?\d/.test(short) && Number.isFinite(Number(short)) ? String(Number(short)) : short;
  return add(add(path, '\0\0'), plain) >>> 0;
}
