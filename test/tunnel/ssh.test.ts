import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/ids.ts';
import { createProbe } from '../../src/tunnel/probe.ts';
import type { TunnelSettings } from '../../src/tunnel/provider.ts';
import { createSsh } from '../../src/tunnel/providers/ssh.ts';
import { createTunnelSupervisor } from '../../src/tunnel/supervisor.ts';
import { onCleanup } from '../support/cleanup.ts';
import { freePort } from '../support/localtunnel-server.ts';
import { startSshServer } from '../support/ssh-server.ts';
import { waitFor } from '../support/wait.ts';
import { answering, listen, never } from './support.ts';

const open = async (
  settings: TunnelSettings,
  port = 1,
  onFailure: (sign: string) => void = () => undefined,
) => {
  const connection = await createSsh(settings).open({ port, signal: never, onFailure });
  onCleanup(() => connection.close());
  return connection;
};

test('a real server forwards a port of its choice here, and the URL says which', async () => {
  const { host, args } = await startSshServer();
  const probe = createProbe();
  const { port } = await listen(answering(probe));
  const { url, close } = await open({ host, args }, port);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await probe.check(url, never)).toMatchObject({ ok: true });
  await close();
  expect(await probe.check(url, never)).toMatchObject({ ok: false });
});

test('a port asked for, and the public URL of the proxy before it', async () => {
  const { host, args } = await startSshServer();
  const probe = createProbe();
  const { port } = await listen(answering(probe));
  const asked = await freePort();
  const publicUrl = `http://127.0.0.1:${asked}`;
  const { url } = await open({ host, args: [...args, '-R', `${asked}:localhost:{port}`], publicUrl }, port);
  expect(url).toBe(publicUrl);
  expect(await probe.check(url, never)).toMatchObject({ ok: true });
});

test('a server that dies is noticed, and the tunnel is open again when it is back', async () => {
  const server = await startSshServer();
  const probe = createProbe();
  const { port } = await listen(answering(probe));
  const tunnel = createTunnelSupervisor({
    providers: [createSsh({ host: server.host, args: server.args })],
    ...{ port, probe, clock: systemClock, random: Math.random },
  });
  onCleanup(() => tunnel.close());
  tunnel.start();
  await waitFor(() => tunnel.status().state === 'open');
  server.kill();
  await waitFor(
    () => tunnel.status().state === 'reconnecting' && /Connection refused/.test(tunnel.status().reason!),
  );
  await server.start();
  await waitFor(() => tunnel.status().state === 'open', { timeoutMs: 20_000, what: 'open again' });
});

describe('says in words', () => {
  test('a key of the server that is not the known one', async () => {
    const { host, argsOfWrongKey } = await startSshServer();
    await expect(open({ host, args: argsOfWrongKey })).rejects.toThrow(
      "server's key is not the one that is known",
    );
  });

  test('a key of the user that the server does not take', async () => {
    const { host, args } = await startSshServer(['AuthorizedKeysFile none']);
    const [first, second] = await Promise.all([startSshServer(), startSshServer()]);
    const [user] = first.host.split('@');
    expect(host).toContain(user);
    const i = args.indexOf('-i');
    await expect(
      open({ host: second.host, args: [...second.args.slice(0, i), ...second.args.slice(i + 2)] }),
    ).rejects.toThrow('takes none of your keys');
  });

  test('a server that forwards nothing', async () => {
    const { host, args } = await startSshServer(['AllowTcpForwarding no']);
    await expect(open({ host, args })).rejects.toThrow('does not forward that port');
  });

  test('a server that is not there', async () => {
    await expect(open({ host: `me@127.0.0.1:${await freePort()}`, args: ['-F', 'none'] })).rejects.toThrow(
      /ended with exit code 255: .*Connection refused/,
    );
  });

  test.each([undefined, '', '-oProxyCommand=x', 'me@', 'a b', 'me@host:port', 'https://x'])(
    'a host that is none: %s',
    (host) => {
      expect(() => createSsh({ host })).toThrow('give for example --tunnel-host me@example.com');
    },
  );
});
