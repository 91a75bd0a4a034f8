/** Characters of JSON that one result has at most: an agent's context is small. */
const mostText = 40_000;
/** Characters of one text, and elements of one list, at first; halved until the whole is small enough. */
const firstLimits = { text: 4_000, list: 100 };

/** A result as text for an agent. */
export interface Bounded {
  json: string;
  /** Whether something was left out. */
  cut: boolean;
}

/**
 * JSON of a value, with long texts and lists cut where it would be too long; what was left out is said in its place.
 * @param rest how the rest is had, in a clause
 */
export function bounded(value: unknown, rest: string): Bounded {
  let limits = firstLimits;
  for (;;) {
    let cut = false;
    const json = JSON.stringify(
      shortened(
        value,
        limits,
        () => {
          cut = true;
        },
        rest,
      ),
      null,
      1,
    );
    if (json.length <= mostText || limits.list <= 1) return { json: json.slice(0, 2 * mostText), cut };
    limits = { text: Math.ceil(limits.text / 2), list: Math.ceil(limits.list / 2) };
  }
}

function shortened(value: unknown, limits: typeof firstLimits, onCut: () => void, rest: string): unknown {
  if (typeof value === 'string' && value.length > limits.text) {
    onCut();
    return `${value.slice(0, limits.text)}… (${value.length - limits.text} characters more: ${rest})`;
  }
  if (Array.isArray(value)) {
    const kept = value.slice(0, limits.list).map((each) => shortened(each, limits, onCut, rest));
    if (value.length <= limits.list) return kept;
    onCut();
    return [...kept, `… (${value.length - limits.list} more: ${rest})`];
  }
  if (typeof value !== 'object' || value === null) return value;
  const toJson = value as { toJSON?: () => unknown };
  if (typeof toJson.toJSON === 'function') return shortened(toJson.toJSON(), limits, onCut, rest);
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, shortened(each, limits, onCut, rest)]),
  );
}
