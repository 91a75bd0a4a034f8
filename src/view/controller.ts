import { UserError } from '../core/errors.ts';
import type { SessionEvent } from '../core/session.ts';
import type { Session } from '../runtime/session.ts';
import type { Action, KeyAction } from './actions.ts';
import { compare, pairToCompare } from './compare.ts';
import { type EditRequest, editAndReplay } from './edit-replay.ts';
import { firstWrong, valuesOf } from './form.ts';
import { createFormHelper } from './form-helper.ts';
import { formOf } from './forms.ts';
import { createGatherer } from './gather.ts';
import { keyAction } from './keys.ts';
import { createLoader } from './loader.ts';
import { reduce } from './reducer.ts';
import { contextOf, initialState, type Notice, targetSeq, type ViewState } from './state.ts';
import type { Surface } from './surface.ts';
import type { Task } from './task.ts';
import { type TaskId, tasks } from './tasks.ts';

/** The view as a screen sees it: a state to draw, and keys to pass on. */
export interface View {
  state(): ViewState;
  /** Calls `listener` when there is something new to draw, at most once a frame. @returns ends it */
  subscribe(listener: () => void): () => void;
  /** A key by its name, and the text it types, if any. */
  key(name: string, text?: string): void;
  /** Text that was pasted: never taken for keys. */
  paste(text: string): void;
  dispatch(action: Action): void;
  /** Resolves when the user quits; rejects with a bug. */
  readonly done: Promise<void>;
  quit(): void;
  /** Ends the screen with a bug. */
  fail(error: unknown): void;
  /** Stops listening and asking. */
  close(): void;
}

/** What a view needs of the program around it. */
export interface ViewHost {
  /** The time, ms since the epoch. */
  now?: () => number;
  /** Lets the user rewrite a request; absent where that can't be done. */
  edit?: EditRequest;
  /** What the screen makes of a state; absent where it scrolls by itself. */
  surface?: (state: ViewState) => Surface;
}

/** A screen that scrolls by itself. */
const unmeasured = (): Surface => ({ listRows: 50, tab: null, page: null });

/** Notices stay this long (ms); bad news longer. */
const noticeTime = { plain: 5_000, good: 5_000, warn: 10_000, bad: 10_000 } as const;
/** Drawings are at least this far apart (ms). */
const frameTime = 33;

/** A view over `session`, which starts to load at once. */
export function createView(
  session: Session,
  { now = Date.now, edit, surface = unmeasured }: ViewHost = {},
): View {
  let state = initialState(session.status(), now());
  const frames = createFrames();
  const { promise: done, resolve: quit, reject } = withResolvers();

  const notify = (text: string, tone: Notice['tone'], lasting = false): void =>
    dispatch({ type: 'notice', notice: { text, tone, until: lasting ? null : now() + noticeTime[tone] } });

  // What the user can act on is told in a line; anything else is a bug and ends the screen with its stack.
  const failed = (error: unknown): void =>
    error instanceof UserError ? notify(error.message, 'bad') : reject(error);

  const loader = createLoader({ session, state: () => state, dispatch, failed });
  const formHelper = createFormHelper({ session, state: () => state, dispatch, failed });
  const gatherer = createGatherer((events) => {
    const { url } = state.status.tunnel;
    loader.retry();
    loader.recount();
    dispatch({ type: 'happened', events, status: session.status(), now: now() });
    const changed = state.status.tunnel.url;
    if (url !== null && changed !== null && url !== changed)
      notify(`The public URL has changed: ${changed} – give the new one to Reducto.`, 'warn', true);
  });
  const unsubscribe = session.subscribe((event: SessionEvent) => {
    if (event.type === 'error') notify(event.message, 'bad');
    gatherer.add(event);
  });
  const clock = setInterval(() => {
    if (needsClock(state)) dispatch({ type: 'tick', now: now() });
  }, 1_000);

  function dispatch(action: Action): void {
    state = reduce(state, action, surface(state));
    const fitting = surface(state);
    if (fitting.listRows !== state.list.height) state = reduce(state, { type: 'fit' }, fitting);
    loader.pump();
    frames.request();
  }

  /** Runs a command and tells how it went. */
  async function perform(task: Task): Promise<void> {
    notify(task.running, 'plain', task.work !== true);
    const told = task.done(await session.run(task.command, task.args));
    if (told.sheet) {
      const { title, text } = told.sheet;
      dispatch({ type: 'sheet', sheet: { title, content: { kind: 'text', text } } });
      dispatch({ type: 'notice', notice: null });
    } else notify(told.text, told.tone);
  }

  async function run(id: TaskId): Promise<void> {
    const made = tasks[id](state);
    if (typeof made === 'string') return notify(made, 'plain');
    for (const task of Array.isArray(made) ? (made as readonly Task[]) : [made as Task]) await perform(task);
  }

  async function editOne(): Promise<void> {
    const seq = targetSeq(state);
    if (seq === null) return notify('There is no delivery yet.', 'plain');
    if (!edit) return notify('There is no editor here.', 'plain');
    const made = await editAndReplay(session, seq, edit);
    return typeof made === 'string' ? notify(made, 'plain') : perform(made);
  }

  async function compareTwo(): Promise<void> {
    const pair = pairToCompare(state, surface(state));
    if (typeof pair === 'string') return notify(pair, 'plain');
    dispatch({ type: 'sheet', sheet: await compare(session, pair, state.secrets) });
  }

  function submit(): void {
    const { form } = state;
    dispatch({ type: 'submit' });
    if (!form || firstWrong(form.state)) return;
    for (const task of formOf(form.state.id).tasks(valuesOf(form.state), form.targets))
      perform(task).catch((error: unknown) => formHelper.failed(form, error));
  }

  function act(action: KeyAction): void {
    switch (action.type) {
      case 'quit':
        return quit();
      case 'submit':
        return submit();
      case 'run':
        return void run(action.task).catch(failed);
      case 'edit-replay':
        return void editOne().catch(failed);
      case 'compare':
        return void compareTwo().catch(failed);
      case 'work':
        // Of several it is asked which.
        return state.status.work.length > 1
          ? act({ type: 'form', form: action.how })
          : act({ type: 'run', task: action.how });
      case 'answer': {
        const task = state.question?.task;
        dispatch(action);
        return action.yes && task ? void run(task).catch(failed) : undefined;
      }
      default:
        dispatch(action);
        formHelper.pump();
    }
  }

  function insert(text: string): void {
    dispatch({ type: 'insert', text });
    formHelper.pump();
  }

  dispatch({ type: 'tick', now: now() });
  return {
    state: () => state,
    subscribe: frames.subscribe,
    dispatch,
    key(name, text) {
      const action = keyAction(name, contextOf(state));
      loader.retry();
      if (action) act(action);
      else if (text !== undefined) insert(text);
    },
    paste: insert,
    done,
    quit,
    fail: reject,
    close() {
      unsubscribe();
      gatherer.stop();
      loader.stop();
      frames.stop();
      clearInterval(clock);
    },
  };
}

/** Whether a passing second can change what is shown. */
const needsClock = ({ notice, status }: ViewState): boolean =>
  notice?.until != null ||
  status.work.some(({ nextAt }) => nextAt !== null) ||
  (status.tunnel.state !== 'open' && status.tunnel.state !== 'off');

/**
 * Calls listeners at most once a frame: with the next turn of the event loop when the last time is long enough ago,
 * so that what a store in this process answers is in the same picture as the key that asked; else at the frame's end.
 */
function createFrames() {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let due = false;
  const draw = (): void => {
    due = false;
    timer = setTimeout(() => {
      timer = null;
      if (due) draw();
    }, frameTime);
    for (const listener of listeners) listener();
  };
  return {
    request() {
      due = true;
      timer ??= setTimeout(draw, 0);
    },
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      due = false;
    },
  };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
