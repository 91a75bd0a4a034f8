import type { FormatName } from '../core/formats/index.ts';
import { scrubLines } from '../core/scrub/summary.ts';
import {
  choice,
  chosenTarget,
  exportFirst,
  extensions,
  formats,
  splitWords,
  text,
  toggle,
  whatField,
} from './fields.ts';
import type { Values } from './form.ts';
import type { FormDefinition } from './form-definition.ts';
import { plural } from './format.ts';
import { targetArgs } from './target.ts';
import { targetChoices } from './targets.ts';
import { task } from './task.ts';
import { withWarnings } from './told.ts';

const scrubs = ({ scrub }: Values): boolean => scrub === true;

/** How deliveries are written to a file, or downloaded from the page. */
export const exportForm: FormDefinition = {
  title: 'Export to a file',
  verb: 'write',
  fields: (state) => {
    const what = whatField(targetChoices(state), 'what is written');
    return [
      { ...what, value: exportFirst(what) },
      choice(
        'format',
        'format',
        'har, ndjson and fixture can be imported again; curl and httpie are for a shell',
        formats,
      ),
      {
        ...text(
          'file',
          'file',
          state.host.page
            ? 'its name among the downloads of this browser'
            : 'where to; what exists is never written over',
          undefined,
          (value) => (value === '' ? 'a name is needed' : null),
        ),
        follows: ({ format }: Values) => `deliveries.${extensions[format as FormatName]}`,
      },
      toggle(
        'scrub',
        'scrub',
        false,
        'yes: stand-ins in place of personal data and secrets, to be committed or shared',
      ),
      {
        ...text('scrubPath', 'scrub all of', 'paths, such as metadata.customer header:x-user', 'none more'),
        when: scrubs,
      },
      {
        ...text('scrubKeep', 'leave', 'paths that stay, such as metadata.document_type path:', 'none'),
        when: scrubs,
      },
      {
        ...toggle('secrets', 'secrets', state.secrets, 'yes: readable in the file; no: masked'),
        when: (values) => !scrubs(values),
      },
    ];
  },
  errors: { file: 'file', 'scrub-path': 'scrubPath', 'scrub-keep': 'scrubKeep' },
  tasks: (values, targets, { host }) => [
    task({
      command: 'export',
      args: {
        ...targetArgs(chosenTarget(values, targets)),
        format: values.format as FormatName,
        file: String(values.file),
        secrets: !scrubs(values) && values.secrets === true,
        ...(scrubs(values)
          ? {
              scrub: true,
              scrubPath: splitWords(String(values.scrubPath)),
              scrubKeep: splitWords(String(values.scrubKeep)),
            }
          : {}),
      },
      running: 'exporting …',
      done: ({ exported, file, warnings, scrubbed }) => {
        const how = scrubs(values) ? ' · scrubbed' : values.secrets === true ? '' : ' · secrets masked';
        return withWarnings(
          `${host.page ? 'Downloading' : 'Wrote'} ${plural(exported, 'delivery', 'deliveries')} ${host.page ? 'as' : 'to'} ${file}${how}`,
          [...warnings, ...(scrubbed ? scrubLines(scrubbed) : [])],
        );
      },
    }),
  ],
};
