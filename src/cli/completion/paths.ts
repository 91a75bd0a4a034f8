import { readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import type { Suggestion } from './place.ts';

/** How a path goes on, for a shell that can't complete it itself; nothing where its folder can't be read. */
export function pathsLike(typed: string, kind: 'files' | 'dirs'): Suggestion[] {
  const folder = typed.slice(0, typed.lastIndexOf('/') + 1);
  const begun = typed.slice(folder.length);
  const from = folder.replace(/^~(?=\/)/, homedir()) || './';
  return readdirSync(from)
    .filter((name) => name.startsWith(begun) && (begun !== '' || !name.startsWith('.')))
    .map((name) => {
      const open = statSync(from + name, { throwIfNoEntry: false })?.isDirectory() ?? false;
      return { text: `${folder}${name}${open ? '/' : ''}`, help: '', open };
    })
    .filter(({ open }) => open || kind === 'files');
}
