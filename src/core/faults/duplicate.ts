import { sendingFault } from './fault.ts';
import { wholeNumber } from './values.ts';

/** `copies` beyond the first; `concurrent`: all at the same instant. */
interface Value {
  copies: number;
  concurrent: boolean;
}

export const duplicate = sendingFault<Value>({
  name: 'duplicate',
  form: 'N[,concurrent]',
  fields: [
    { label: 'more copies', initial: '1' },
    { label: 'all at once', initial: '', flag: ',concurrent' },
  ],
  help: 'the app gets N more copies, one after another or all at once',
  example: 'duplicate=2,concurrent',
  parse(text) {
    if (text === null) return { copies: 1, concurrent: false };
    const [number, mode, ...rest] = text.split(',');
    const copies = wholeNumber(number!, 1, 1000);
    if (copies === null || rest.length > 0 || (mode !== undefined && mode !== 'concurrent')) return null;
    return { copies, concurrent: mode === 'concurrent' };
  },
  print: ({ copies, concurrent }) => `${copies}${concurrent ? ',concurrent' : ''}`,
  plan: (plan, { copies, concurrent }) => ({
    ...plan,
    copies: plan.copies + copies,
    concurrent: plan.concurrent || concurrent,
  }),
});
