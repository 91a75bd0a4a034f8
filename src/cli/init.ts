import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { systemCode, type UserError, unwritable, usageError } from '../core/errors.ts';
import { type Sample, type SampleLanguage, samples } from './samples.ts';

/** Where the samples' files lie; build.js puts them next to the bundle. */
const samplesUrl = new URL('./samples/', import.meta.url);

/**
 * `init`: writes a handler into the user's folder and says what to do next.
 * @throws UserError when the language is unknown, a file is there already, or the folder can't be written
 */
export function init({ lang, dir = '.' }: { lang?: string; dir?: string }): void {
  const names = Object.keys(samples).join(', ');
  if (lang === undefined) throw usageError('lang', `Which language? Give --lang ${names}.`);
  if (!Object.hasOwn(samples, lang)) throw usageError('lang', `--lang: "${lang}" is not one of ${names}.`);
  const sample: Sample = samples[lang as SampleLanguage];
  const root = resolve(dir);
  const base = sourceFolder(root, sample);
  const files = sample.files.map((name) => ({
    path: join(base, name),
    content: readFileSync(new URL(`${sample.folder}/${name}`, samplesUrl)),
  }));
  refuseExisting(files.map(({ path }) => path));
  write(files);
  process.stdout.write(nextSteps(sample, root, files));
}

/** Next.js looks for routes in `src/app` where there is one. */
const sourceFolder = (root: string, { files }: Sample): string =>
  files[0]!.startsWith('app/') && existsSync(join(root, 'src', 'app')) ? join(root, 'src') : root;

/** Looks at all of them before anything is written. */
function refuseExisting(paths: readonly string[]): void {
  const there = paths.filter(isThere);
  if (there.length > 0) throw exists(there);
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw unwritable(path, error);
  }
}

const exists = (paths: readonly string[]): UserError =>
  usageError(
    'file-exists',
    `${paths.join(' and ')} ${paths.length === 1 ? 'exists' : 'exist'}: nothing was written. Choose another folder with --dir.`,
  );

function write(files: readonly { path: string; content: Uint8Array }[]): void {
  const written: string[] = [];
  try {
    for (const { path, content } of files) {
      mkdirSync(dirname(path), { recursive: true });
      // "wx": not over a file that has come since we looked.
      writeFileSync(path, content, { flag: 'wx' });
      written.push(path);
    }
  } catch (error) {
    for (const path of written) rmSync(path);
    const path = files[written.length]!.path;
    if (systemCode(error) === 'EEXIST' && existsSync(path)) throw exists([path]);
    throw unwritable(path, error);
  }
}

function nextSteps(sample: Sample, root: string, files: readonly { path: string }[]): string {
  const { title, install, start, work, path, notes } = sample;
  const folder = relative(process.cwd(), root);
  const lines = [
    `Wrote a webhook handler (${title}):`,
    ...files.map(({ path: file }) => `  ${relative(process.cwd(), file) || file}`),
    '',
    'Next:',
    ...(folder === '' ? [] : [`  cd ${folder}`]),
    `  ${install}`,
    `  WEBHOOK_SECRET=s3cret ${start}`,
    ...notes.map((note) => `  ${note}`),
    '',
    'Try it from another terminal, without an account:',
    `  npx reducto-webhook-dev http://localhost:3000${path} --secret s3cret`,
    '  npx reducto-webhook-dev trigger parse.completed --secret s3cret',
    '  npx reducto-webhook-dev duplicate last --count 10 --concurrent',
    '',
    'Prove that nothing is done twice or lost, with a command that prints the rows of your database:',
    `  npx reducto-webhook-dev check http://localhost:3000${path} --secret s3cret --effects CMD`,
    '',
    `Your own work goes into ${work}; results are fetched once REDUCTO_API_KEY is set.`,
    'For webhooks through Svix set SVIX_SECRET=whsec_… in place of WEBHOOK_SECRET.',
  ];
  return `${lines.join('\n')}\n`;
}
