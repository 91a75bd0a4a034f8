import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemCode, usageError } from '../../core/errors.ts';
import { idsIn } from './labels.ts';
import type { Probe } from './probe.ts';

/** A proxy that the app's outgoing calls pass through. */
export interface Egress {
  /**
   * Every call that asked for something to be done (POST, PUT, PATCH, DELETE) and was answered below 400, with the
   * jobs that it names. What failed had no effect that is known of, and has to be tried again.
   */
  probe: Probe;
  /** Whether a call has not been answered yet. */
  busy(): boolean;
  /** The proxy's URL, and the file with the certificate that an app has to trust for HTTPS. */
  url: string;
  certificateFile: string;
  /** What an app is told so that it uses the proxy. */
  environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** What of mockttp is used; it is the user's own, so its types are not at hand. */
interface Mockttp {
  generateCACertificate(): Promise<{ key: string; cert: string }>;
  getLocal(options: { https: { key: string; cert: string }; recordTraffic: boolean }): {
    start(): Promise<void>;
    stop(): Promise<void>;
    url: string;
    forUnmatchedRequest(): {
      thenPassThrough(options: { ignoreHostHttpsErrors: readonly string[] }): Promise<unknown>;
    };
    on(
      event: 'request',
      listener: (request: {
        id: string;
        method: string;
        url: string;
        body: { getText(): Promise<string | undefined> };
      }) => void,
    ): Promise<void>;
    on(event: 'request-initiated' | 'abort', listener: (message: { id: string }) => void): Promise<void>;
    on(event: 'response', listener: (message: { id: string; statusCode: number }) => void): Promise<void>;
  };
}

/** How the probe of outgoing calls is called. */
export const egressName = '--egress';

/** Reading does no harm when it happens twice. */
const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE']);

/**
 * Starts the proxy, with the mockttp of the user's project.
 * @param cwd where that project is
 * @param dataDir where the certificate goes
 * @param ours an origin whose calls do not count: the emulated API
 * @throws UserError when mockttp is not installed there
 */
export async function startEgress(cwd: string, dataDir: string, ours: string): Promise<Egress> {
  const mockttp = await load(cwd);
  const https = await mockttp.generateCACertificate();
  const certificateFile = join(dataDir, 'egress-ca.pem');
  writeFileSync(certificateFile, https.cert, { mode: 0o600 });
  const server = mockttp.getLocal({ https, recordTraffic: false });
  onLoopbackOnly(server);
  await server.start();
  // An app under development may call a service of this machine with a certificate of its own; no other may.
  await server.forUnmatchedRequest().thenPassThrough({ ignoreHostHttpsErrors: ['localhost'] });

  const underWay = new Set<string>();
  const asked = new Map<string, Promise<string>>();
  const calls: string[] = [];
  const over = (id: string): void => {
    underWay.delete(id);
    asked.delete(id);
  };
  await server.on('request-initiated', ({ id }) => void underWay.add(id));
  await server.on('abort', ({ id }) => over(id));
  await server.on('request', ({ id, method, url, body }) => {
    if (safe.has(method) || url.startsWith(ours)) return;
    const named = (text = ''): string => callText(method, url, text);
    // What can't be read as text counts all the same.
    asked.set(
      id,
      body.getText().then(named, () => named()),
    );
  });
  await server.on('response', ({ id, statusCode }) => {
    const call = asked.get(id);
    if (call === undefined || statusCode >= 400) return over(id);
    call.then(
      (text) => {
        calls.push(text);
        over(id);
      },
      () => over(id),
    );
  });

  // By its address: to some clients localhost is ::1 alone.
  const url = `http://127.0.0.1:${new URL(server.url).port}`;
  return {
    probe: { name: egressName, kind: 'effects', snapshot: async () => JSON.stringify(calls) },
    busy: () => underWay.size > 0,
    url,
    certificateFile,
    environment: environmentOf(url, certificateFile),
    close: () => server.stop(),
  };
}

/** mockttp listens on every interface and has no setting for that: the server it makes is told where, once it is there. */
function onLoopbackOnly(mockttp: object): void {
  let made: Server | undefined;
  Object.defineProperty(mockttp, 'server', {
    configurable: true,
    get: () => made,
    set(server: Server | undefined) {
      made = server;
      if (server === undefined) return;
      const listen = server.listen.bind(server) as (port: number, host: string) => Server;
      server.listen = ((port: number) => listen(port, '127.0.0.1')) as Server['listen'];
    },
  });
}

/** A call without its query, which may hold a credential, and the jobs that it names. */
function callText(method: string, url: string, body: string): string {
  const ids = idsIn(`${url} ${body}`);
  return `${method} ${url.split('?')[0]}${ids.length === 0 ? '' : ` for ${ids.join(', ')}`}`;
}

/** The variables that HTTP clients of Node, Python, Ruby, Go and curl look for. */
function environmentOf(url: string, certificateFile: string): Record<string, string> {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];
  const certificates = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'];
  return {
    ...Object.fromEntries(names.map((name) => [name, url])),
    ...Object.fromEntries(certificates.map((name) => [name, certificateFile])),
    NO_PROXY: '',
    no_proxy: '',
    NODE_USE_ENV_PROXY: '1',
  };
}

async function load(cwd: string): Promise<Mockttp> {
  let path: string;
  try {
    path = createRequire(join(cwd, 'package.json')).resolve('mockttp');
  } catch (error) {
    if (systemCode(error) !== 'MODULE_NOT_FOUND') throw error;
    throw usageError(
      'egress',
      `--egress needs the proxy mockttp in the project at ${cwd}: npm install --save-dev mockttp`,
    );
  }
  const module = (await import(pathToFileURL(path).href)) as Mockttp & { default?: Mockttp };
  return module.default ?? module;
}
