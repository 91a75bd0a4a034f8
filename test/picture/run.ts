// `npm run picture`: takes docs/terminal.svg of the real tool, in a real terminal, at the end of its demo.
import { writeFileSync } from 'node:fs';
import { startTerminal } from '../support/tmux.ts';
import { terminalSvg } from './svg.ts';

const columns = 100;
const terminal = await startTerminal('clear; node bin/reducto-webhook-dev.js demo', { columns, rows: 21 });
try {
  await terminal.waitFor('Your turn', 120_000);
  // What it goes on to submit shows all kinds of rows together.
  await terminal.press('Down', 'Down', 'Space', 'Up');
  await terminal.waitFor('1 marked');
  const screen = await terminal.screen({ colours: true });
  const file = 'docs/terminal.svg';
  writeFileSync(file, terminalSvg(screen, columns, 'reducto-webhook-dev demo'));
  console.log(`wrote ${file}`);
  await terminal.press('q');
} finally {
  await terminal.kill();
}
