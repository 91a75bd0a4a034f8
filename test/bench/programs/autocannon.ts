import { requirePeer } from '../peers.ts';

type Autocannon = (
  options: Record<string, unknown>,
) => Promise<{ start: Date; finish: Date; non2xx: number }>;

/** `autocannon <url> <count> <connections>`: prints the requests a second. */
const [url, count, connections] = process.argv.slice(2) as [string, string, string];
const run = requirePeer('autocannon') as Autocannon;
const { start, finish, non2xx } = await run({
  ...{ url, amount: Number(count), connections: Number(connections), method: 'POST' },
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ status: 'Completed', metadata: { note: 'x'.repeat(980) } }),
});
if (non2xx > 0) throw new Error(`${non2xx} answers were no 2xx`);
process.stdout.write(JSON.stringify((Number(count) * 1000) / (finish.getTime() - start.getTime())));
