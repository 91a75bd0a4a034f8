/** A part of a fault's value, as a form asks for it. */
export interface FaultField {
  label: string;
  /** What it holds at first; '' where it may stay empty. */
  initial: string;
  /** What stands between it and the part before, or after it, in the language. */
  before?: string;
  after?: string;
  /** Of a yes or no: what a yes is written as. */
  flag?: string;
}

/** The parts of a value as it is written; a flag is '' or what a yes is written as. */
export function readFields(fields: readonly FaultField[], value: string | null): string[] {
  let left = value ?? '';
  const parts: string[] = [];
  for (const field of fields.toReversed()) {
    const { flag, before, after = '' } = field;
    if (flag !== undefined) {
      const on = left.endsWith(flag);
      parts.unshift(on ? flag : '');
      if (on) left = left.slice(0, -flag.length);
      continue;
    }
    const at = before === undefined ? 0 : left.indexOf(before);
    const part = at < 0 ? '' : left.slice(at + (before?.length ?? 0));
    parts.unshift(after !== '' && part.endsWith(after) ? part.slice(0, -after.length) : part);
    left = at < 0 ? left : left.slice(0, at);
  }
  return parts;
}

/** A value as it is written from its parts; null when all of them are empty. */
export function writeFields(fields: readonly FaultField[], parts: readonly string[]): string | null {
  if (parts.every((part) => part === '')) return null;
  return fields
    .map(({ flag, before = '', after = '' }, i) =>
      flag !== undefined ? parts[i] : `${before}${parts[i]}${after}`,
    )
    .join('');
}
