/** What a piece of text means; each screen has its own colours for these. */
export type Tone = 'dim' | 'accent' | 'good' | 'bad' | 'warn' | 'key' | 'string' | 'number' | 'literal';
