import localtunnel from 'localtunnel';

/** The plain client: `localtunnel-client <server> <port>`; prints its URL. */
const [host, port] = process.argv.slice(2) as [string, string];
const tunnel = await localtunnel({ host, port: Number(port) });
process.stdout.write(`${tunnel.url}\n`);
process.on('SIGTERM', () => process.exit(0));
