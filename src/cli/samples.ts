/** A handler that `init` writes: its files lie in `samples/`, next to this module as next to the bundle. */
export interface Sample {
  /** What one calls it, for the list of languages. */
  title: string;
  /** Where the files lie in `samples/`. */
  folder: string;
  /** Paths below that folder, and below the user's. */
  files: readonly string[];
  /** The path under which the handler takes webhooks. */
  path: string;
  /** What has to be installed first, as one command. */
  install: string;
  /** Starts the handler; the secret is put in front of it. */
  start: string;
  /** Where the user's own work goes. */
  work: string;
  /** What else has to be known, each in one line. */
  notes: readonly string[];
}

/** The handlers that `init` writes, by `--lang`. */
export const samples = {
  node: {
    title: 'Express',
    folder: 'node',
    files: ['reducto-webhook.mjs', 'reducto-jobs.mjs'],
    path: '/webhook',
    install: 'npm install express@5 node-sqlite3-wasm',
    start: 'node reducto-webhook.mjs',
    work: 'work() in reducto-jobs.mjs',
    notes: [],
  },
  python: {
    title: 'Flask',
    folder: 'python',
    files: ['reducto_webhook.py'],
    path: '/webhook',
    install: 'python3 -m pip install flask',
    start: 'python3 reducto_webhook.py',
    work: 'work() in reducto_webhook.py',
    notes: [],
  },
  typescript: {
    title: 'Next.js route',
    folder: 'typescript',
    files: ['app/api/reducto-webhook/route.ts', 'app/api/reducto-webhook/jobs.ts'],
    path: '/api/reducto-webhook',
    install: 'npm install node-sqlite3-wasm',
    start: 'npx next dev',
    work: 'work() in jobs.ts, next to route.ts',
    notes: ["Add to next.config: serverExternalPackages: ['node-sqlite3-wasm']"],
  },
} as const satisfies Record<string, Sample>;

export type SampleLanguage = keyof typeof samples;
