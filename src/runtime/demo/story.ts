import { shortJob } from './handler.ts';
import type { Stage } from './stage.ts';

/** One thing that the demo shows. */
interface Step {
  /** What happens now, in one line. */
  say: string;
  /** @returns what came of it, in one line */
  run(stage: Stage): Promise<string>;
}

/** What the demo shows, in order. */
const steps: readonly Step[] = [
  {
    say: 'Three documents go to an emulated Reducto; a webhook tells of each.',
    async run(stage) {
      const jobs = await Promise.all(
        ['acme.pdf', 'globex.pdf', 'initech.pdf'].map((name) => stage.submit(name)),
      );
      const said = await Promise.all(jobs.map((job) => stage.taken(job)));
      return appSays(said[0]!);
    },
  },
  {
    say: 'Webhooks can come twice. Here is one of those three again.',
    async run(stage) {
      const [job] = stage.handler.charges.keys();
      return `${appSays(await stage.duplicate(job!))} – a bug!`;
    },
  },
  {
    say: 'A document that Reducto can\'t read: its webhook says "Failed".',
    run: async (stage) => appSays(await stage.taken(await stage.submit('emulate-fail.pdf'))),
  },
  {
    say: 'The app is down for a moment, so Reducto tries again, and again.',
    async run(stage) {
      stage.handler.down = 2;
      const job = await stage.submit('hooli.pdf');
      await stage.taken(job);
      return `The third try for job ${shortJob(job)} was taken, and charged once.`;
    },
  },
  {
    say: 'The app works, but its answer is lost (fault "lost-ack"): a retry.',
    async run(stage) {
      await stage.runtime.run('faults', { set: 'lost-ack:1' });
      return `${appSays(await stage.taken(await stage.submit('umbrella.pdf')))} – a bug!`;
    },
  },
];

const appSays = (line: string): string => `The app says: ${line}`;

/** How the story is told. */
export interface Telling {
  /** ms between two steps, for people to read. */
  pauseMs: number;
  /** Told where the story stands: `2/5`, what happens, and what came of it (null until it has). */
  tell(place: string, say: string, outcome: string | null): void;
}

/** Runs the story to its end. @throws AbortError once the demo is to end */
export async function tellStory(stage: Stage, { pauseMs, tell }: Telling): Promise<void> {
  for (const [i, { say, run }] of steps.entries()) {
    const place = `${i + 1}/${steps.length}`;
    tell(place, say, null);
    // Time to read what is about to happen.
    await stage.pause(pauseMs / 3);
    tell(place, say, await run(stage));
    await stage.pause(pauseMs);
  }
}

/** Submits a document now and then, so that something comes in. @throws AbortError once the demo is to end */
export async function keepSubmitting(stage: Stage, everyMs: number): Promise<never> {
  for (let i = 1; ; i++) {
    await stage.taken(await stage.submit(`order-${i}.pdf`));
    await stage.pause(everyMs);
  }
}

/** What the demo has shown, in lines. */
export function summary({ handler }: Stage): string[] {
  const charges = [...handler.charges];
  const twice = charges.filter(([, times]) => times > 1);
  const lines = twice.map(([jobId, times]) => `  invoice for job ${shortJob(jobId)}: charged ${times} times`);
  return [
    `${charges.length} documents were charged for, ${twice.length} of them more than once:`,
    ...lines,
    'That is what this tool finds in a handler before a customer does. Next:',
    '  npx reducto-webhook-dev check --help         proof that yours does nothing twice',
    '  npx reducto-webhook-dev init --lang node     a handler that charges once',
    '  npx reducto-webhook-dev 3000 --emulate       your own app, without an account',
    '  npx reducto-webhook-dev 3000                 your own app, with a public URL',
  ];
}
