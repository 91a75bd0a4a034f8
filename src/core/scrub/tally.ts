import { warn } from '../damage.ts';

/** What kinds of things were replaced, as they are told. */
export const kinds = [
  'name',
  'mail address',
  'phone number',
  'IP address',
  'host',
  'URL',
  'id',
  'number',
  'date',
  'secret',
  'text',
] as const;
export type Kind = (typeof kinds)[number];

/** Different paths that are counted; a hostile body has any number. */
const maxPaths = 1000;

/** Counts what is replaced; none of it is remembered. */
export class Tally {
  readonly kinds = new Map<Kind, number>();
  readonly paths = new Map<string, number>();
  /** What could not be replaced part by part, or can't be signed anew, a line each. */
  readonly notes: string[] = [];

  /** Signatures that were made anew, and secrets of metadata that are the stand-in now. */
  signed = 0;
  secrets = 0;

  count(kind: Kind, path: string): void {
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    const told = path === '' ? 'body' : path;
    const known = this.paths.get(told);
    if (known !== undefined || this.paths.size < maxPaths) this.paths.set(told, (known ?? 0) + 1);
  }

  note(text: string): void {
    warn(this.notes, text);
  }
}
