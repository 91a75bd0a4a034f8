import type { z } from 'zod';
import { clear } from './clear.ts';
import { copy } from './copy.ts';
import { filter } from './filter.ts';
import { list } from './list.ts';
import { reopenTunnel } from './reopen-tunnel.ts';
import { replay } from './replay.ts';
import { show } from './show.ts';

/** The command table: every ability of the tool, by id. */
export const commands = { list, show, filter, replay, clear, copy, 'reopen-tunnel': reopenTunnel } as const;

export type CommandId = keyof typeof commands;
/** The arguments of a command as a caller gives them: those with a default may be left out. */
export type CommandArgs<K extends CommandId> = z.input<(typeof commands)[K]['args']>;
export type CommandResult<K extends CommandId> = Awaited<ReturnType<(typeof commands)[K]['run']>>;
