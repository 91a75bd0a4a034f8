import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onCleanup, tempDir } from './cleanup.ts';
import { freePort } from './localtunnel-server.ts';

/** A real OpenSSH server on loopback, with keys of its own. */
export interface SshServer {
  /** As `--tunnel-host` takes it. */
  host: string;
  /** By these ssh logs in there, and reads nothing of this user's own configuration. */
  args: string[];
  /** The same, with another key known for this server. */
  argsOfWrongKey: string[];
  /** Ends the server and its sessions by SIGKILL. */
  kill(): void;
  /** Starts it again on the same port. */
  start(): Promise<void>;
}

/** Starts sshd on a free port until the test ends. @param settings more lines for its configuration */
export async function startSshServer(settings: readonly string[] = []): Promise<SshServer> {
  const dir = tempDir();
  const at = (name: string): string => join(dir, name);
  const makeKey = (name: string): Promise<unknown> =>
    promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
  await Promise.all(['host', 'user', 'other'].map(makeKey));
  const port = await freePort();
  const knownHosts = (name: string, key: string): string => {
    writeFileSync(at(name), `[127.0.0.1]:${port} ${readFileSync(at(`${key}.pub`), 'utf8')}`);
    return at(name);
  };
  const args = (hosts: string): string[] => [
    '-F',
    'none',
    '-i',
    at('user'),
    '-o',
    'IdentitiesOnly=yes',
    '-o',
    `UserKnownHostsFile=${hosts}`,
  ];
  writeFileSync(
    at('config'),
    [
      ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${at('host')}`, 'PidFile none'],
      ...[`AuthorizedKeysFile ${at('user.pub')}`, 'StrictModes no', 'UsePAM no', 'PermitRootLogin yes'],
      ...['PasswordAuthentication no', 'KbdInteractiveAuthentication no', ...settings, ''],
    ].join('\n'),
  );
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  let pid: number | undefined;
  const server: SshServer = {
    host: `${userInfo().username}@127.0.0.1:${port}`,
    args: args(knownHosts('known', 'host')),
    argsOfWrongKey: args(knownHosts('wrong', 'other')),
    kill: () => {
      for (const one of pid === undefined ? [] : tree(pid)) process.kill(one, 'SIGKILL');
      pid = undefined;
    },
    start: async () => {
      const stdio = ['ignore', 'ignore', 'pipe'] as const;
      const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', at('config')], { stdio: [...stdio] });
      pid = child.pid;
      await once(child.stderr!, 'data'); // "Server listening on …"
      child.stderr!.resume();
    },
  };
  onCleanup(() => server.kill());
  await server.start();
  return server;
}

/** A process and all that it has started, as far as they are there (Linux). */
function tree(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => tree(Number(child))))];
  } catch {
    return []; // it has gone meanwhile
  }
}
