/** A job of a check. */
export interface CheckJob {
  id: string;
  /** From 1 up within the check: `<job 1>` in effects. */
  number: number;
  /** From 1 up within the run: `$N`. */
  serial: number;
  /** Members that its metadata has besides those of all jobs. */
  metadata?: Readonly<Record<string, unknown>>;
}

/** What stands for `$JOB_ID` and `$N`. */
export const valuesOf = ({ id, serial }: CheckJob): Record<string, string> => ({
  JOB_ID: id,
  N: String(serial),
});
