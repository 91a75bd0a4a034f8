/** Flags whose values may be secrets: those of secrets and keys, and headers. */
const secretFlag = /^--(svix-secret|secret|header|inbox-key|inspector-password)(=|$)/;

/** Arguments with the values of flags for secrets blanked out; null when there are none. */
function withoutSecrets(args: readonly string[]): string[] | null {
  if (!args.some((arg) => secretFlag.test(arg))) return null;
  return args.map((arg, i) => {
    const before = args[i - 1] ?? '';
    if (secretFlag.test(before) && !before.includes('=')) return '***';
    return secretFlag.test(arg) ? arg.replace(/=.*/s, '=***') : arg;
  });
}

/** Takes secrets out of what every user of this machine sees of this process (ps). They were there for a moment. */
export function hideSecrets(): void {
  const shown = withoutSecrets(process.argv.slice(1));
  if (shown !== null) process.title = ['node', ...shown].join(' ');
}
