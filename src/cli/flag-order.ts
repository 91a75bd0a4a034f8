import type { Command } from 'commander';

/**
 * The arguments with a command's name before its flags: `--data x list` is `list --data x`. commander would take all of
 * it for `listen`, which needs no name. What stands before a name is left as it is unless all of it is that command's
 * flags and their values: `--data list` is a folder, `--secret show 3000` a secret.
 */
export function commandFirst(program: Command, args: readonly string[]): string[] {
  const at = args.findIndex((name, i) => {
    const command = program.commands.find((one) => one.name() === name);
    return i > 0 && command !== undefined && takesAll(command, args.slice(0, i));
  });
  return at === -1 ? [...args] : [args[at]!, ...args.slice(0, at), ...args.slice(at + 1)];
}

/** Whether all of these are flags of the command, each with the value that it needs. */
function takesAll({ options }: Command, args: readonly string[]): boolean {
  let at = 0;
  while (at < args.length) {
    const [flag, value] = args[at]!.split(/=(.*)/s);
    const option = options.find(({ long, short }) => flag === long || flag === short);
    if (!option) return false;
    at += option.required && value === undefined ? 2 : 1;
  }
  return at === args.length;
}
