import { render, Text } from 'ink';

/** What any terminal UI of this kind costs: ink loaded, one text drawn. */
render(<Text>ink is up</Text>);
setInterval(() => {}, 60_000);
process.on('SIGTERM', () => process.exit(0));
