// Only what needs types, and biome does not see through: a promise that nobody waits for, without a handler.
// `void` is no handler: what can fail only by a bug goes through `mustNotFail` (src/core/errors.ts).
import tseslint from 'typescript-eslint';

const floating = ['error', { ignoreVoid: false }];

export default tseslint.config(
  { ignores: ['src/cli/samples/**', 'test/fixtures/consumers/**'] },
  {
    files: ['src/**/*.{ts,tsx}', 'test/**/*.{ts,tsx}'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: {
        project: ['./tsconfig.json', './src/web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: { '@typescript-eslint/no-floating-promises': floating },
  },
  { files: ['src/**/*.{ts,tsx}'], rules: { '@typescript-eslint/no-misused-promises': 'error' } },
);
