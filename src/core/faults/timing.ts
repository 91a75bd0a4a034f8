import { sendingFault } from './fault.ts';
import { duration, printDuration } from './values.ts';

export const delay = sendingFault<number>({
  name: 'delay',
  form: 'DURATION',
  fields: [{ label: 'later by', initial: '2s' }],
  help: 'the app gets it so much later',
  example: 'delay=2s',
  parse: duration,
  print: printDuration,
  plan: (plan, ms) => ({ ...plan, delayMs: plan.delayMs + ms }),
});

export const jitter = sendingFault<{ least: number; most: number }>({
  name: 'jitter',
  form: 'FROM-TO',
  fields: [
    { label: 'from', initial: '0ms' },
    { label: 'to', initial: '500ms', before: '-' },
  ],
  help: 'the app gets it later, by a random time in between',
  example: 'jitter=0-500ms',
  parse(text) {
    const [from, to, ...rest] = text?.split('-') ?? [];
    if (from === undefined || to === undefined || rest.length > 0) return null;
    // "0-500ms": a bare first number has the unit of the second.
    const unit = /[a-z]+$/i.exec(to)?.[0] ?? '';
    const least = duration(/[a-z]$/i.test(from) ? from : from + unit);
    const most = duration(to);
    return least === null || most === null || least > most ? null : { least, most };
  },
  print: ({ least, most }) => `${least}ms-${most}ms`,
  plan: (plan, { least, most }, { random }) => ({
    ...plan,
    delayMs: plan.delayMs + Math.round(least + random() * (most - least)),
  }),
});
