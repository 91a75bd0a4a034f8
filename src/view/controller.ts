import { UserError } from '../core/errors.ts';
import type { SessionEvent } from '../core/session.ts';
import { isSameDay } from '../core/time.ts';
import type { CommandDescription } from '../runtime/describe.ts';
import type { Session } from '../runtime/session.ts';
import type { Action } from './actions.ts';
import { compare, type Pair, pairToCompare } from './compare.ts';
import { type EditRequest, editAndReplay } from './edit-replay.ts';
import { firstWrong, valuesOf } from './form.ts';
import { createFormHelper } from './form-helper.ts';
import { formOf } from './forms.ts';
import { createGatherer } from './gather.ts';
import type { ScreenCommand, UserKeys } from './keys/defaults.ts';
import { rowOfKey } from './keys/keymap.ts';
import type { KeyRow } from './keys/row.ts';
import { keyTable } from './keys/table.ts';
import { createLoader } from './loader.ts';
import { type Notice, passing } from './notice.ts';
import { reduce } from './reducer.ts';
import { runTask, type TaskHost } from './run-task.ts';
import { initialState, type ViewState } from './state.ts';
import type { Surface } from './surface.ts';
import type { Task, TaskId, Told } from './task.ts';
import { tasks } from './tasks.ts';

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
  /** Does what a key would: a button of a page. */
  act(action: Action): void;
  /** Runs a command of the screen, as its key does; tells why it can't. */
  command(command: ScreenCommand): void;
  /** Tells something in a line. */
  notify(text: string, tone: Notice['tone']): void;
  /** Tells how something went that was done. */
  tell(told: Told): void;
  /** Tells of a failure that the user can act on; ends the screen with any other. */
  failed(error: unknown): void;
  /** Resolves when the user quits; rejects with a bug. */
  readonly done: Promise<void>;
  quit(): void;
  /** Ends the screen with a bug. */
  fail(error: unknown): void;
  /** Stops listening and asking. */
  close(): void;
}

/** What a view needs of the program around it. */
export interface ViewHost extends TaskHost {
  /** The time, ms since the epoch. */
  now?: () => number;
  /** Lets the user rewrite a request; absent where that can't be done. */
  edit?: EditRequest;
  /** The keys that the user gave to commands. */
  keys?: UserKeys;
  /** The command table. */
  commands?: readonly CommandDescription[];
  /** What the screen makes of a state; absent where it scrolls by itself. */
  surface?: (state: ViewState) => Surface;
  /** Whether the screen keeps a list of its own, so that none is loaded here. */
  ownList?: boolean;
}

/** A screen that scrolls by itself. */
const unmeasured = (): Surface => ({ listRows: 50, tab: null, page: null });

/** Drawings are at least this far apart (ms). */
const frameTime = 33;

/** A view over `session`, which starts to load at once. */
export function createView(session: Session, host: ViewHost = {}): View {
  const { now = Date.now, edit, keys = {}, commands = [], surface = unmeasured, ownList = false } = host;
  let state = initialState(session.status(), now(), {
    ...{ edits: edit !== undefined, keys, commands },
    page: ownList,
  });
  const frames = createFrames();
  const { promise: done, resolve: quit, reject } = withResolvers();

  const notify = (text: string, tone: Notice['tone'], lasting = false): void =>
    dispatch({ type: 'notice', notice: lasting ? { text, tone, until: null } : passing(text, tone, now()) });

  // What the user can act on is told in a line; anything else is a bug and ends the screen with its stack.
  const failed = (error: unknown): void =>
    error instanceof UserError ? notify(error.message, 'bad') : reject(error);

  /** What the user waits for is drawn at once, too: the first answer about what was opened. */
  function loaded(action: Action): void {
    const waitedFor = action.type === 'shown' && state.detail?.data === null;
    dispatch(action);
    if (waitedFor) frames.flush();
  }

  const loader = createLoader({ session, state: () => state, dispatch: loaded, failed, ownList });
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
    // The list says of which day a delivery is that is not of today.
    if (needsClock(state) || !isSameDay(state.now, now())) dispatch({ type: 'tick', now: now() });
  }, 1_000);

  function dispatch(action: Action): void {
    state = reduce(state, action, surface(state));
    const fitting = surface(state);
    if (fitting.listRows !== state.list.inSight) state = reduce(state, { type: 'fit' }, fitting);
    loader.pump();
    frames.request();
  }

  /** Runs a command and tells how it went. */
  async function perform(task: Task): Promise<void> {
    notify(task.running, 'plain', task.work !== true);
    tell(task.done(await runTask(session, host, task)));
  }

  function tell(told: Told): void {
    if (told.sheet) {
      const { title, ...content } = told.sheet;
      dispatch({ type: 'sheet', sheet: { title, content: { kind: 'text', ...content } } });
      dispatch({ type: 'notice', notice: null });
    } else notify(told.text, told.tone);
  }

  async function run(id: TaskId): Promise<void> {
    const made = tasks[id](state);
    for (const task of 'command' in made ? [made] : made) await perform(task);
  }

  async function editOne(): Promise<void> {
    const made = await editAndReplay(session, state, edit!);
    return typeof made === 'string' ? notify(made, 'plain') : perform(made);
  }

  async function compareTwo(given?: Pair): Promise<void> {
    const pair = given ?? (pairToCompare(state, surface(state)) as Pair);
    dispatch({ type: 'sheet', sheet: await compare(session, pair, state) });
  }

  function submit(): void {
    const { form } = state;
    dispatch({ type: 'submit' });
    if (!form || firstWrong(form.state)) return;
    const failedInForm = (error: unknown): void => formHelper.failed(form, error);
    try {
      const made = formOf(form.state.id).tasks(valuesOf(form.state), form.targets, state);
      for (const task of made) perform(task).catch(failedInForm);
    } catch (error) {
      failedInForm(error);
    }
  }

  /** What a row can't do right now it says; else it does it. */
  function press({ whyNot, action }: KeyRow): void {
    const why = whyNot?.(state, surface(state)) ?? null;
    if (why === null) act(action);
    else notify(why, 'plain');
  }

  function act(action: Action): void {
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
        return void compareTwo(action.pair).catch(failed);
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

  /**
   * Does something and draws it at once: a browser's input shows what the state says or takes back what was typed, and the
   * next key goes to what is there. A frame late is too late.
   */
  function atOnce(work: () => void): void {
    work();
    frames.flush();
  }

  dispatch({ type: 'tick', now: now() });
  return {
    state: () => state,
    subscribe: frames.subscribe,
    dispatch,
    key(name, text) {
      const row = rowOfKey(state, name);
      loader.retry();
      if (row) press(row);
      else if (text !== undefined) insert(text);
    },
    paste: insert,
    act: (action) => atOnce(() => act(action)),
    command: (command) => atOnce(() => press(keyTable.find((row) => row.command === command)!)),
    notify,
    tell,
    failed,
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
    /** Draws at once what is due. */
    flush() {
      if (!due) return;
      if (timer !== null) clearTimeout(timer);
      draw();
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
