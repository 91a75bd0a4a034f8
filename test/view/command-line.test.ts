import { expect, test } from 'vitest';
import { describeCommands } from '../../src/runtime/describe.ts';
import { argumentsOf } from '../../src/view/command-line.ts';

const described = describeCommands();
const read = (id: string, line: string): unknown =>
  argumentsOf(described.find((one) => one.id === id)!, line);

test.each<[string, string, object]>([
  ['list', '', {}],
  ['list', '--limit 3 --show-secrets', { limit: '3', secrets: true }],
  ['show', 'last', { id: 'last' }],
  ['replay', '1 2 --times=3', { id: ['1', '2'], times: '3' }],
  ['replay', 'last --set \'a="b c"\' --set n=1', { id: ['last'], set: ['a="b c"', 'n=1'] }],
  ['replay', 'last --header "x-debug: 1 2"', { id: ['last'], header: ['x-debug: 1 2'] }],
  ['export', '--filter status:failed', { filter: 'status:failed' }],
])('%s %s', (id, line, args) => expect(read(id, line)).toEqual(args));

test.each([
  ['list', '--nope', 'list has no --nope: use --'],
  ['list', '--constructor x', 'list has no --constructor'],
  ['list', '--limit', '--limit needs a value.'],
  ['show', 'a b', 'show takes no "b" here.'],
])('%s %s is wrong', (id, line, message) => expect(() => read(id, line)).toThrow(message));
