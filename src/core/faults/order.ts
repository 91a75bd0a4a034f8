import { noValue, sendingFault } from './fault.ts';
import { wholeNumber } from './values.ts';

export const reorder = sendingFault<number>({
  name: 'reorder',
  form: 'K',
  fields: [{ label: 'deliveries', initial: '3' }],
  help: 'K deliveries wait for each other and reach the app in random order',
  example: 'reorder=3',
  parse: (text) => wholeNumber(text, 2, 1000),
  print: String,
  plan: (plan, reorder) => ({ ...plan, reorder: Math.max(reorder, plan.reorder ?? 0) }),
});

export const drop = sendingFault<true>({
  ...noValue,
  name: 'drop',
  help: 'the app never gets it, and the sender is told 200',
  example: 'drop:10%',
  plan: (plan) => ({ ...plan, drop: true }),
});
