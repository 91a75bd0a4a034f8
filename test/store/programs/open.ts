// Opens the history in a folder as a user who is not root, adds a delivery, and prints what came of it.
// Usage: open.mjs DIR [--as-nobody]
import { lossNote } from '../../../src/core/damage.ts';
import { UserError } from '../../../src/core/errors.ts';
import { openStore } from '../../../src/store/sqlite-store.ts';
import { newDelivery } from '../../support/deliveries.ts';

const [dir, flag] = process.argv.slice(2);
if (flag === '--as-nobody') {
  process.setgid!(65534);
  process.setuid!(65534);
}

const quarantined: string[] = [];
let said = 'opened';
try {
  const store = openStore(dir!, { onLoss: (loss) => quarantined.push(lossNote(loss)) });
  await store.addDelivery(newDelivery());
  await store.close();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  said = `${error.code}: ${error.message}`;
}
process.stdout.write(JSON.stringify({ said, quarantined }));
