import { expect, test } from 'vitest';
import { ownTarget } from '../../src/runtime/emulation.ts';

const own = { host: '127.0.0.1', port: 4000, publicUrl: 'https://hooks.example.com/in/box' };

test.each<[string, string | null, string | null]>([
  ['https://hooks.example.com/in/box/hook?a=b', own.publicUrl, '/hook?a=b'],
  ['https://hooks.example.com/in/box', own.publicUrl, '/'],
  ['https://hooks.example.com/in/box?a', own.publicUrl, '/?a'],
  ['https://hooks.example.com/in/box2/hook', own.publicUrl, null],
  ['https://hooks.example.com/in/other/hook', own.publicUrl, null],
  ['https://hooks.example.com/in/box/hook', 'https://hooks.example.com/in/box/', '/hook'],
  ['https://x.example.com/hook', 'https://x.example.com', '/hook'],
  ['https://y.example.com/hook', 'https://x.example.com', null],
  ['http://localhost:4000/hook?a', own.publicUrl, '/hook?a'],
  ['http://localhost:4001/hook', own.publicUrl, null],
  ['http://localhost:4000/hook', null, '/hook'],
])('a webhook for %s comes in here, at %s, as %s', (url, publicUrl, target) => {
  expect(ownTarget(new URL(url), { ...own, publicUrl })).toBe(target);
});
