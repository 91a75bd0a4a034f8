import type { ComponentType } from 'react';
import { UserError } from '../core/errors.ts';
import type { Draft, EditRequest } from '../view/edit-replay.ts';

type Request = Parameters<EditRequest>[0];
type Answer = Draft | 'unchanged' | null;

/** A request that is being rewritten, and what draws that. */
export interface Editing {
  request: Request;
  Dialog: ComponentType<{ request: Request; done(answer: Answer): void }>;
  done(answer: Answer): void;
}

let current: Editing | null = null;
const listeners = new Set<() => void>();

function set(editing: Editing | null): void {
  current = editing;
  for (const listener of listeners) listener();
}

/** The request that is being rewritten, for `useSyncExternalStore`. */
export const editing = {
  state: (): Editing | null => current,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
};

/**
 * Has a request rewritten in a dialog, whose editor is loaded now.
 * @throws UserError when it can't be loaded
 */
export const editInPage: EditRequest = async (request) => {
  const { EditDialog } = await import('./edit-dialog.tsx').catch((cause: unknown) => {
    throw new UserError('no-answer', 'The editor could not be loaded: is the tool still running?', 1, {
      cause,
    });
  });
  const answer = await new Promise<Answer>((done) => set({ request, Dialog: EditDialog, done }));
  set(null);
  return answer;
};
