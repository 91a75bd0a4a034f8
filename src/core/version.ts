import manifest from '../../package.json' with { type: 'json' };

/** This tool's version. */
export const version: string = manifest.version;

/** Where its bugs are reported. */
export const bugsUrl: string = manifest.bugs.url;
