/**
 * A fingerprint of the values in a job's metadata (a Bloom filter of 52 bits, which a JavaScript number holds
 * exactly): a delivery whose fingerprint lacks a bit of the wanted value's has no such value. It stands in a small
 * index, so that a search for a rare value looks at few of the rows, whose metadata may be long.
 */
const bits = 52;

/** The fingerprint of all values in metadata; 0 when there is none. */
export function traitsOf(metadata: unknown): number {
  const places = new Set<number>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) {
      for (const place of placesOf(path, String(value))) places.add(place);
    } else if (!Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) walk(inner, `${path}\0${key}`);
    }
  };
  if (metadata !== undefined) walk(metadata, '');
  return sum(places);
}

/** The fingerprint of one value (words and digits only), by its keys. */
export const traitOf = (keys: readonly string[], value: string): number =>
  sum(new Set(placesOf(keys.map((key) => `\0${key}`).join(''), value)));

const sum = (places: ReadonlySet<number>): number => {
  let total = 0;
  for (const place of places) total += 2 ** place;
  return total;
};

/**
 * Two places out of {@link bits} for a value (FNV-1a), without regard to the case of its letters, or to how a number
 * is written: 10.0 and 10 have the same ones, as do numbers that JavaScript can't tell apart.
 */
function placesOf(path: string, value: string): [number, number] {
  let hash = 0x811c9dc5;
  const short = value.slice(0, 256).toLowerCase();
  const plain = /^-?\d/.test(short) && Number.isFinite(Number(short)) ? String(Number(short)) : short;
  for (const text of [path, '\0\0', plain])
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash >>>= 0;
  return [hash % bits, Math.floor(hash / bits) % bits];
}
