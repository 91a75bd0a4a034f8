import { checkArgs } from '../check-args.ts';
import { checkOrder } from '../check-options.ts';
import { defineCommand } from '../command.ts';

export const check = defineCommand({
  help: 'Prove that a handler is idempotent, or show what breaks it',
  example:
    'http://localhost:3000/webhook --effects "psql -tA -c \'select job_id, count(*) from documents group by 1\'"',
  offline: true,
  long: true,
  positional: ['url'],
  args: checkArgs,
  run: (context, given) => context.checks.run(checkOrder(context, given), context),
});
