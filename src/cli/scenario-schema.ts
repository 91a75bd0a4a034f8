import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { version } from '../core/version.ts';

/** Where the schema lies in an installation; the build writes it there. */
const inPackage = join('node_modules', 'reducto-webhook-dev', 'dist', 'scenario.schema.json');

/**
 * The line by which editors with the YAML language server complete and check a scenario: from the installation of the
 * project that the file is in, without a network; else from that of this version on the web.
 */
export function schemaComment(file: string): string {
  return `# yaml-language-server: $schema=${installed(dirname(resolve(file))) ?? `https://unpkg.com/reducto-webhook-dev@${version}/dist/scenario.schema.json`}`;
}

/** The path of the schema from a folder, where one above has it installed. */
function installed(folder: string): string | null {
  for (let above = folder; ; above = dirname(above)) {
    const path = join(above, inPackage);
    if (existsSync(path)) return `./${relative(folder, path).split(sep).join('/')}`.replace('./../', '../');
    if (above === dirname(above)) return null;
  }
}
