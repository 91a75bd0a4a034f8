import { messageOf } from '../../core/errors.ts';
import { withDeadline } from '../../tunnel/pause.ts';
import { lookAtClock } from './clock.ts';
import { lookAtDataDir } from './data-dir.ts';
import { lookAtEndpoints } from './endpoints.ts';
import { type Finding, type Look, type Surroundings, warning } from './finding.ts';
import { lookAtNames } from './names.ts';
import { lookAtNode } from './node.ts';
import { lookAtPorts } from './ports.ts';
import { lookAtProxies } from './proxy.ts';
import { lookAtReducto } from './reducto.ts';
import { lookAtTerminal } from './terminal.ts';
import { lookAtTunnels } from './tunnels.ts';

export type { Surroundings } from './finding.ts';

/** What is looked at, in the order in which it is told. */
const looks = {
  node: lookAtNode,
  terminal: lookAtTerminal,
  data: lookAtDataDir,
  ports: lookAtPorts,
  clock: lookAtClock,
  dns: lookAtNames,
  proxy: lookAtProxies,
  tunnels: lookAtTunnels,
  app: lookAtEndpoints,
  reducto: lookAtReducto,
} as const satisfies Record<string, Look>;

/** What `doctor` says. */
export interface Diagnosis {
  /** Nothing that matters is wrong. */
  ok: boolean;
  findings: (Finding & { about: keyof typeof looks })[];
}

/** ms for each look; they are all made at the same time. */
const patienceMs = 4000;

/** Looks at all that this tool needs. */
export async function diagnose(around: Surroundings, ms = patienceMs): Promise<Diagnosis> {
  const named = Object.entries(looks) as [keyof typeof looks, Look][];
  const all = await Promise.all(
    named.map(async ([about, look]) =>
      (await bounded(look, around, ms)).map((finding) => ({ about, ...finding })),
    ),
  );
  const findings = all.flat();
  return { ok: findings.every(({ level }) => level !== 'error'), findings };
}

/** Looks at one thing; where that fails in a way that it does not know itself, the others are told all the same. */
async function bounded(look: Look, around: Surroundings, ms: number): Promise<Finding[]> {
  try {
    const forGood = new AbortController().signal;
    return await withDeadline(ms, forGood, async (signal) => look(around, signal));
  } catch (error) {
    return [warning(`could not be looked at: ${messageOf(error)}`, 'see what the message says.')];
  }
}
