import { usageError } from '../core/errors.ts';

interface Prompt {
  name: string;
  description: string;
  arguments: { name: string; description: string; required: boolean }[];
  text(given: Readonly<Record<string, string>>): string;
}

/** What people ask for, said so that an agent goes about it well. */
export const prompts: readonly Prompt[] = [
  {
    name: 'make-handler-idempotent',
    description: 'Make this handler idempotent: check it, mend what breaks it, and prove it',
    arguments: [
      { name: 'url', description: 'URL of the webhook handler', required: true },
      {
        name: 'effects',
        description: 'a command that prints the state of the app, such as the rows of its table',
        required: false,
      },
    ],
    text: ({ url, effects }) => `Make the webhook handler at ${url} idempotent.

1. Find the handler's code, how the app is started, and where its effects are (rows, files, outgoing calls).
2. Call run_check with url ${JSON.stringify(url)}${effects === undefined ? ' and effects: a command that prints one line for each effect with its job id (leave clocks out). Without it nothing can be proven' : ` and effects ${JSON.stringify(effects)}`}. If the app needs metadata, a secret or jobs that it knows, pass them as the arguments say.
3. For each finding read what was sent, what was expected and observed, why, and the fix; look at its deliveries with show. Mend the cause in the code, not the symptom, the smallest change that does it.
4. Restart the app and call run_check again, until passed is true. What was not judged is no proof: supply what it lacks (effects, start, ready), or say so.
5. Call explore for what no check has thought of, with start and ready so that the app can be crashed.
6. Report what was wrong, what was changed, and the last verdict.`,
  },
  {
    name: 'why-did-this-webhook-fail',
    description: 'Find out why a webhook failed',
    arguments: [{ name: 'delivery', description: 'its number, or last', required: false }],
    text: ({ delivery = 'last' }) => `Find out why the webhook delivery ${delivery} failed.

1. Call show with id ${JSON.stringify(delivery)}: the verification of its secret or signature, each attempt with the app's answer, faults that were put in on purpose.
2. Compare with one that went well (list with filter outcome:ok, then diff).
3. Read the handler's code where the answer comes from, and its log.
4. Say the cause with its evidence. Mend it when asked to, then call replay for the delivery and show what the app answers now.`,
  },
];

/** @throws UserError when there is none of that name, or an argument lacks */
export function promptText(name: string, given: Readonly<Record<string, string>>): string {
  const prompt = prompts.find((each) => each.name === name);
  if (prompt === undefined)
    throw usageError(
      'prompt',
      `There is no prompt "${name}": use ${prompts.map((each) => each.name).join(', ')}.`,
    );
  const missing = prompt.arguments.find((each) => each.required && given[each.name] === undefined);
  if (missing)
    throw usageError('prompt', `The prompt ${name} needs ${missing.name}: ${missing.description}.`);
  return prompt.text(given);
}
