import { Box, Text } from 'ink';
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import type { View } from '../view/controller.ts';
import { keyFor } from '../view/keys/labels.ts';
import type { ViewState } from '../view/state.ts';
import { detailScreen } from './detail.ts';
import type { FrameStream } from './frame-stream.ts';
import { useKeys } from './input.ts';
import { type Layout, layoutOf, least } from './layout.ts';
import { listLines } from './list.ts';
import type { Loan } from './loan.ts';
import { DrawContext, Pane } from './pane.tsx';
import { filled, type ScreenLine } from './screen.ts';
import { sheetLines } from './sheet.ts';
import { type Size, useSize } from './size.ts';
import type { Paint } from './style.ts';
import { span } from './text.ts';

interface AppProps {
  view: View;
  terminal: NodeJS.WriteStream;
  frames: FrameStream;
  loan: Loan;
  paint: Paint;
  onFocus?: ((looked: boolean) => void) | undefined;
}

/** The whole screen. */
export function App({ view, terminal, frames, loan, paint, onFocus }: AppProps) {
  const forget = useCallback(() => frames.forget(), [frames]);
  const resized = useCallback(() => {
    forget();
    view.dispatch({ type: 'fit' });
  }, [forget, view]);
  const size = useSize(terminal, resized);
  const state = useSyncExternalStore(view.subscribe, view.state);
  const lent = useSyncExternalStore(loan.subscribe, () => loan.lent);
  useKeys(view, { onRedraw: forget, onFocus }, !lent);
  // After useKeys: by the time this runs, it has let go of the keys.
  useEffect(() => {
    if (lent) loan.begun();
  }, [loan, lent]);
  const layout = layoutOf(state, size);
  if (size.columns < least.columns || size.rows < least.rows)
    return <TooSmall size={size} quit={keyFor(state, 'quit')} />;
  return (
    <DrawContext value={{ paint, frames }}>
      <Box flexDirection="column" width={size.columns} height={size.rows}>
        <Pane lines={layout.header} width={size.columns} />
        <Body state={state} layout={layout} />
        <Pane lines={layout.footer} width={size.columns} />
      </Box>
    </DrawContext>
  );
}

function TooSmall({ size, quit }: { size: Size; quit: string }) {
  return (
    <Text wrap="wrap">
      {`The terminal is ${size.columns}×${size.rows}: at least ${least.columns}×${least.rows} are needed. ${quit} quits.`}
    </Text>
  );
}

function Body({ state, layout }: { state: ViewState; layout: Layout }) {
  const { height, listWidth, detailWidth, split, size } = layout;
  const { sheet, detail } = state;
  if (sheet && layout.sheet) {
    const lines = sheetLines(sheet, layout.sheet, size.columns);
    return <Pane lines={filled(lines, height)} width={size.columns} />;
  }
  const list = <Pane lines={filled(listLines(state, listWidth, height), height)} width={listWidth} />;
  if (!detail || !layout.detail) return list;
  const lines = detailScreen(state, detail, layout.detail, detailWidth);
  const opened = <Pane lines={filled(lines, height)} width={detailWidth} />;
  if (!split) return opened;
  return (
    <Box>
      {list}
      <Pane lines={Array.from({ length: height }, () => border)} width={1} />
      {opened}
    </Box>
  );
}

const border: ScreenLine = { spans: [span('│', 'dim')] };
