import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import { faultKinds, qualifiedName } from '../../../src/core/faults/index.ts';
import { parseFaults, printFault } from '../../../src/core/faults/language.ts';
import { printable } from '../../../src/core/text.ts';
import { anyFault } from './arbitraries.ts';

/** What a text means, in a form that can be compared. */
const meaning = (text: string) =>
  parseFaults(text).map(({ kind, value, limit }) => [qualifiedName(kind), value, limit]);
const printed = (text: string): string => parseFaults(text).map(printFault).join(' ');

describe('what is printed is what was meant', () => {
  test('for any faults in any number', () => {
    fc.assert(
      fc.property(
        fc.array(anyFault, { maxLength: 5 }),
        fc.constantFrom(' ', '  ', '\t', '\n'),
        (faults, gap) => {
          const text = faults.join(gap);
          expect(meaning(printed(text))).toEqual(meaning(text));
          expect(parseFaults(text)).toHaveLength(faults.length);
          expect(printed(printed(text))).toBe(printed(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['duplicate', 'duplicate=1'],
    ['app.delay=90s sender.delay=120s', 'delay=90s sender.delay=2m'],
    ['lost-ack=504', 'lost-ack'],
    ['jitter=0-0.5s:3', 'jitter=0ms-500ms:3'],
    ['slow-body=10', 'slow-body=10/s'],
    ['stale-timestamp=10m:5.5%', 'stale-timestamp:5.5%'],
  ])('%s is %s', (text, expected) => {
    expect(printed(text)).toBe(expected);
  });

  test("every kind's example can be read, and is about that kind", () => {
    for (const kind of faultKinds) {
      const [fault, ...rest] = parseFaults(kind.example);
      expect([fault!.kind, rest]).toEqual([kind, []]);
    }
  });
});

/** The place that an error points at. */
function placeOf(text: string): { offset: number; message: string; exitCode: number } {
  try {
    parseFaults(text);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message, exitCode } = error;
    return { offset: (error as UserError & { offset: number }).offset, message, exitCode };
  }
  throw new Error(`"${text}" can be read`);
}

describe('what can not be read', () => {
  test.each([
    ['explode', '^', /no fault "explode": use duplicate, delay, .*, sender.delay, reset/],
    ['drop:1 explode=3', '       ^', /no fault "explode"/],
    ['sender.drop', '^', /no fault "sender.drop"/],
    ['=5', '^', /no fault ""/],
    ['drop=1', '     ^', /"drop" takes no value/],
    ['delay', '     ^', /"delay" takes DURATION, as in delay=2s/],
    ['delay=', '      ^', /"delay" takes DURATION/],
    ['delay=2000', '      ^', /"delay" takes DURATION, as in delay=2s/],
    ['delay=soon', '      ^', /"delay" takes DURATION/],
    ['delay=30d', '      ^', /"delay" takes DURATION/],
    ['sender.delay=-1s', '             ^', /"sender.delay" takes DURATION, as in sender.delay=20s/],
    ['reset:1  duplicate=0', '                   ^', /"duplicate" takes N/],
    ['duplicate=2,twice', '          ^', /"duplicate" takes N/],
    ['duplicate=2,concurrent,concurrent', '          ^', /"duplicate" takes N/],
    ['duplicate=99999999999', '          ^', /"duplicate" takes N/],
    ['jitter=5-2', '       ^', /"jitter" takes FROM-TO/],
    ['jitter=5', '       ^', /"jitter" takes FROM-TO/],
    ['reorder=1', '        ^', /"reorder" takes K/],
    ['status=99', '       ^', /"status" takes CODE/],
    ['status=600', '       ^', /"status" takes CODE/],
    ['lost-ack=200', '         ^', /"lost-ack" takes/],
    ['unknown-status=a"b', '               ^', /"unknown-status" takes/],
    ['slow-body=0/s', '          ^', /"slow-body" takes BYTES\/s/],
    ['truncate=1.5', '         ^', /"truncate" takes BYTES/],
    ['drop:', '     ^', /a count or a percentage/],
    ['drop:0', '     ^', /a count or a percentage/],
    ['drop:101%', '     ^', /a count or a percentage/],
    ['drop:1:2', '     ^', /a count or a percentage/],
    ['drop:-5%', '     ^', /a count or a percentage/],
    ['drop\ttruncate=4:x', '                ^', /a count or a percentage/],
  ])('%s', (text, pointer, message) => {
    const found = placeOf(text);
    expect(found.message).toMatch(message);
    expect(found.message).not.toContain('\n');
    expect(found.message).toContain(`at character ${pointer.length} of "${printable(text)}"`);
    expect([found.offset, found.exitCode]).toEqual([pointer.length - 1, 2]);
  });

  test('is pointed at wherever it stands among good faults', () => {
    const bad = fc.constantFrom('nonsense', 'drop=1', 'delay=x', 'reset:0', 'hang:5.5', 'status=1000:3');
    fc.assert(
      fc.property(fc.array(anyFault), bad, fc.array(anyFault), (before, wrong, after) => {
        const text = [...before, wrong, ...after].join(' ');
        const start = before.reduce((sum, fault) => sum + fault.length + 1, 0);
        const { offset } = placeOf(text);
        expect(offset).toBeGreaterThanOrEqual(start);
        expect(offset).toBeLessThan(start + wrong.length);
        expect(offset - start).toBe(placeOf(wrong).offset);
      }),
    );
  });

  test('is never anything but an error that the user can act on', () => {
    const words = fc.constantFrom(...faultKinds.map(qualifiedName), 'app.delay', '__proto__', 'constructor');
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string(), fc.constantFrom(...'=:%,-./ '))), (parts) => {
        try {
          parseFaults(parts.join(''));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
