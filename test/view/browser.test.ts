import { readdirSync, readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('view/ runs in a browser: it bundles without a module, a variable or a substitute of Node', async () => {
  const files = readdirSync('src/view', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: files.map((file, i) => `export * as m${i} from './src/view/${file}';`).join('\n'),
      resolveDir: process.cwd(),
    },
    bundle: true,
    platform: 'browser', // a module of Node is an error
    format: 'esm',
    mainFields: ['browser', 'module', 'main'],
    write: false,
    metafile: true,
    minify: true,
    logLevel: 'silent',
  });
  const text = outputFiles[0]!.text;
  expect(text).not.toMatch(/\bBuffer\b|\bprocess\.|\brequire\(/);
  const rooms = Object.keys(metafile.inputs).flatMap((path) => /^src\/([^/]+)\//.exec(path)?.[1] ?? []);
  expect([...new Set(rooms)].sort()).toEqual(['core', 'view']);
});

test('view/ knows nothing of how a screen is drawn: no spans, columns, widths or heights', () => {
  const files = readdirSync('src/view', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const found = files.flatMap((file) =>
    readFileSync(`src/view/${file}`, 'utf8')
      .split('\n')
      .flatMap((line) =>
        /\b(spans?|columns?|widths?|heights?)\b/i.test(line) ? [`${file}: ${line.trim()}`] : [],
      ),
  );
  expect(found).toEqual([]);
});
