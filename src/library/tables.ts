import type { EmulatorSettingName } from '../emulator/settings.ts';
import type { CommandArgs, CommandId, CommandResult } from '../runtime/commands/index.ts';

// The types that come from tables. The build writes them out, so that the published declarations need nothing of ours
// (see declarations.js).

/** Names of the emulated API's settings. */
export type EmulatorSetting = EmulatorSettingName;

/** The commands of the tool: what each takes and gives. */
export type Commands = { [K in CommandId]: { args: CommandArgs<K>; result: CommandResult<K> } };
