import { sendingRows, toolRows } from './doing.ts';
import { choosingRows, lookingRows } from './looking.ts';
import type { KeyRow } from './row.ts';
import { typingRows } from './typing.ts';

/** Every command of the screen. Hints are given in this order, as many as there is room for. */
export const keyTable: readonly KeyRow[] = [
  ...lookingRows,
  ...sendingRows,
  ...choosingRows,
  ...toolRows,
  ...typingRows,
];
