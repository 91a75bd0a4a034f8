import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { printable } from '../core/text.ts';
import { importText } from '../view/import-text.ts';
import { importTold } from '../view/told.ts';
import { textOf } from './file-text.ts';
import { type Page, usePage } from './page.ts';
import './importing.css';

/** A file that is being imported. */
interface Importing {
  name: string;
  /** How much of it is in, from 0 to 1. */
  part: number;
  stop: AbortController;
}

let current: Importing | null = null;
const listeners = new Set<() => void>();
function set(importing: Importing | null): void {
  current = importing;
  for (const listener of listeners) listener();
}
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** Imports files one after another, until one fails or it is cancelled, and tells of each. */
async function importFiles({ session, view }: Page, files: readonly File[]): Promise<void> {
  if (current !== null) return view.notify('An import is under way: wait for it, or cancel it.', 'warn');
  const stop = new AbortController();
  try {
    for (const file of files) {
      if (stop.signal.aborted) break;
      set({ name: file.name, part: 0, stop });
      const result = await importText(
        session,
        { name: file.name, text: await textOf(file) },
        { signal: stop.signal, onProgress: (part) => set({ name: file.name, part, stop }) },
      );
      view.tell(importTold(file.name, result));
    }
  } finally {
    set(null);
  }
}

/** Chooses files to import: what a drop does, for who has no mouse. */
export function ImportButton() {
  const page = usePage();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        title="Read deliveries from HAR, NDJSON or fixture files; they can be dropped on the page, too"
        onClick={() => input.current?.click()}
      >
        Import
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to import"
        onChange={({ currentTarget }) => {
          void importFiles(page, [...(currentTarget.files ?? [])]).catch(page.view.failed);
          currentTarget.value = ''; // the same file again is a choice, too
        }}
      />
    </>
  );
}

/** How far an import has come, and how it is cancelled. */
export function ImportBanner() {
  const importing = useSyncExternalStore(subscribe, () => current);
  if (importing === null) return null;
  const { name, part, stop } = importing;
  return (
    <div className="banner work">
      <span>
        Importing {printable(name)}: {Math.floor(part * 100)} %
      </span>
      <progress value={part} aria-label={`Importing ${printable(name)}`} />
      <button type="button" onClick={() => stop.abort()}>
        Cancel
      </button>
    </div>
  );
}

/** Takes files that are dropped anywhere on the page. */
export function ImportDrop() {
  const page = usePage();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const move = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault(); // else the browser opens the file in place of the page
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      setOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      void importFiles(page, files).catch(page.view.failed);
    };
    const listeners = { dragover: move, dragleave: leave, drop };
    const entries = Object.entries(listeners) as [keyof typeof listeners, (event: DragEvent) => void][];
    for (const [type, listener] of entries) addEventListener(type, listener);
    return () => {
      for (const [type, listener] of entries) removeEventListener(type, listener);
    };
  }, [page]);
  return over && <div className="drop">Drop files to import them: HAR, NDJSON or fixture</div>;
}
