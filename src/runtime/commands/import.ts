import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf, UserError } from '../../core/errors.ts';
import { readDeliveries } from '../../core/formats/index.ts';
import { systemClock } from '../../core/ids.ts';
import { ownDelivery } from '../../dispatch/own-delivery.ts';
import { defineCommand } from '../command.ts';
import { pathArg } from './arguments.ts';

export const importDeliveries = defineCommand({
  help: 'Read deliveries from a file: HAR, ndjson or fixture',
  example: 'deliveries.ndjson',
  offline: true,
  positional: ['file'],
  args: z.object({ file: pathArg.meta({ path: true }).describe('the file') }),
  async run({ store }, { file }) {
    const found = readDeliveries(read(file), systemClock.now());
    const stored = await Promise.all(
      found.map(({ origin, masked, ...request }) =>
        store.addDelivery(ownDelivery({ ...request, source: 'import' })),
      ),
    );
    return {
      imported: stored.length,
      first: stored[0]?.seq ?? null,
      last: stored.at(-1)?.seq ?? null,
      masked: found.filter(({ masked }) => masked).length,
    };
  },
});

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UserError('file', `${file} can't be read: ${messageOf(error)}.`, 2, { cause: error });
  }
}
