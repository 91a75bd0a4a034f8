import { type Look, ok, wrong } from './finding.ts';

/** The oldest that works, as in package.json's `engines`. */
const oldest = [20, 19] as const;

/** Node's version. */
export const lookAtNode: Look = ({ nodeVersion }) => {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const fits = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
  return [
    fits
      ? ok(`Node ${nodeVersion}`)
      : wrong(
          `Node ${nodeVersion} is too old`,
          `install Node ${oldest.join('.')} or newer (https://nodejs.org).`,
        ),
  ];
};
