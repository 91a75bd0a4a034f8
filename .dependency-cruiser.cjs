// The one architecture rule: imports point down this list, never up, and core imports no room.
const rooms = [
  'cli',
  'mcp',
  'library',
  'tui',
  'web',
  'view',
  'inspector',
  'runtime',
  'checks',
  'emulator',
  'relay',
  'tunnel',
  'receiver',
  'dispatch',
  'store',
  'core',
];

module.exports = {
  forbidden: [
    ...rooms.slice(1).map((room, i) => ({
      name: `${room}-imports-down-only`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: `^src/(${rooms.slice(0, i + 1).join('|')})/` },
    })),
    {
      name: 'screens-run-commands',
      comment: 'tui/ and web/ see view/ and run commands; they never touch the engine.',
      severity: 'error',
      from: { path: '^src/(tui|web)/' },
      to: { path: '^src/(store|dispatch|tunnel|receiver|emulator|checks)/' },
    },
    {
      name: 'view-runs-in-a-browser',
      comment: 'view/ is shared with the page: only types may come from the rooms that need Node.',
      severity: 'error',
      from: { path: '^src/view/' },
      to: { path: '^src/', pathNot: '^src/(view|core)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      comment: 'types included: a circle of them is a type in the wrong file',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    { name: 'no-tests-in-src', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js'] },
  },
};
