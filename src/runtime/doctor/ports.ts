import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { systemCode } from '../../core/errors.ts';
import { findProgram } from '../../tunnel/find-program.ts';
import { type Finding, type Look, ok, type Surroundings, warning, wrong } from './finding.ts';

/** Whether the ports that `listen` takes are free, or else who has them. */
export const lookAtPorts: Look = (around, signal) =>
  Promise.all(
    around.ports
      .filter(({ port }) => port !== 0) // any free one
      .map((wanted) => lookAt(wanted, around.running, signal)),
  );

async function lookAt(
  { name, port, fixed }: Surroundings['ports'][number],
  running: Surroundings['running'],
  signal: AbortSignal,
): Promise<Finding> {
  const code = await tryPort(port);
  if (code === null) return ok(`port ${port} (${name}) is free`);
  const ours = [running?.receiverUrl, running?.inspectorUrl, running?.emulator?.url];
  if (ours.some((url) => url && new URL(url).port === String(port)))
    return ok(`port ${port} (${name}) is held by the listen that runs (pid ${running!.pid})`);
  if (code !== 'EADDRINUSE')
    return wrong(
      `port ${port} (${name}) can't be opened (${code})`,
      `choose another one in the settings of listen.`,
    );
  const by = await holder(port, signal);
  const what = `port ${port} (${name}) is taken${by === null ? '' : ` by ${by}`}`;
  return fixed
    ? wrong(what, 'end that, or choose another port.')
    : warning(what, 'listen takes the next free one; end that, where you need this one.');
}

/** @returns why the port can't be opened on loopback; null when it can */
async function tryPort(port: number): Promise<string | null> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return null;
  } catch (error) {
    return systemCode(error) ?? 'failed';
  } finally {
    server.close();
  }
}

/** The program that listens on a port, as far as the system tells; null otherwise. */
async function holder(port: number, signal: AbortSignal): Promise<string | null> {
  const lsof = findProgram('lsof');
  if (lsof === null) return null;
  try {
    const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'];
    const { stdout } = await promisify(execFile)(lsof, args, { signal, timeout: 2000 });
    const [, pid, name] = /^p(\d+)\nc(.*)$/m.exec(stdout) ?? [];
    return pid === undefined ? null : `${name} (pid ${pid})`;
  } catch {
    return null; // it is another user's
  }
}
