import { usageError } from '../core/errors.ts';
import { printable } from '../core/text.ts';
import { Stage } from '../runtime/demo/stage.ts';
import { keepSubmitting, summary, tellStory } from '../runtime/demo/story.ts';
import { onceTold } from './ending.ts';
import { printRuntime } from './output.ts';
import { takeOutput } from './stdout.ts';

// Between two steps, on a screen that somebody reads.
const screenPauseMs = 4000;
const streamPauseMs = 4000;
const press = 'Your turn: Enter opens, r replays, d duplicates, ? help, q quits.';

/**
 * `demo`: the whole tool on this machine, with an emulator and an app that has a bug, and a story that shows it.
 * On a terminal until the user quits, else until the story ends. Leaves nothing behind.
 * @throws UserError
 */
export async function demo({ output, color }: { output?: string; color?: boolean }): Promise<void> {
  if (output !== undefined && output !== 'tui' && output !== 'plain')
    throw usageError('output', `--output: "${output}" is not tui or plain.`);
  const terminal = process.stdout.isTTY === true && process.stdin.isTTY === true;
  const onScreen = (output ?? (terminal ? 'tui' : 'plain')) === 'tui';
  const ending = new AbortController();
  const stage = await Stage.open(ending.signal, (line) => {
    if (!onScreen) print(`          app: ${line}`);
  });
  try {
    await (onScreen ? onTerminal(stage, ending, color ?? !process.env.NO_COLOR) : inLines(stage, ending));
  } finally {
    ending.abort();
    await stage.close();
  }
  for (const line of summary(stage)) print(line);
}

async function onTerminal(stage: Stage, ending: AbortController, color: boolean): Promise<void> {
  const { runtime } = stage;
  const tell = (place: string, say: string, outcome: string | null): void =>
    runtime.setBanner([`demo ${place}  ${say}`, outcome === null ? '' : `          ${outcome}`]);
  const story = untilEnded(ending, async () => {
    await tellStory(stage, { pauseMs: screenPauseMs, tell });
    runtime.setBanner([`demo      ${press}`]);
    await keepSubmitting(stage, streamPauseMs);
  });
  // What goes wrong with the story is told when the screen is gone; until then the rest can be used.
  story.catch(() => runtime.setBanner(['The demo has stopped: press q.']));
  takeOutput(() => undefined); // the screen sees itself that its terminal is gone
  const { runTui } = await import('../tui/index.tsx');
  await runTui(runtime, { color });
  ending.abort();
  await story;
}

async function inLines(stage: Stage, ending: AbortController): Promise<void> {
  onceTold(() => ending.abort());
  printRuntime(stage.runtime, 'plain', false);
  await untilEnded(ending, () =>
    tellStory(stage, {
      pauseMs: 150,
      tell(place, say, outcome) {
        if (outcome === null) print(`\n--- ${place}  ${say}`);
        else print(`---      ${outcome}`);
      },
    }),
  );
  print('');
}

/** Runs `work`; being ended in the middle is no failure. */
async function untilEnded({ signal }: AbortController, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

const print = (line: string): void => void process.stdout.write(`${printable(line, true)}\n`);
