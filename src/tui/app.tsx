import { Box, Text } from 'ink';
import { useCallback, useEffect, useLayoutEffect, useSyncExternalStore } from 'react';
import type { View } from '../view/controller.ts';
import type { ViewState } from '../view/state.ts';
import { span } from '../view/text.ts';
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

interface AppProps {
  view: View;
  terminal: NodeJS.WriteStream;
  frames: FrameStream;
  loan: Loan;
  paint: Paint;
}

/** The whole screen. */
export function App({ view, terminal, frames, loan, paint }: AppProps) {
  const forget = useCallback(() => frames.forget(), [frames]);
  const size = useSize(terminal, forget);
  const state = useSyncExternalStore(view.subscribe, view.state);
  const lent = useSyncExternalStore(loan.subscribe, () => loan.lent);
  useKeys(view, forget, !lent);
  // After useKeys: by the time this runs, it has let go of the keys.
  useEffect(() => {
    if (lent) loan.begun();
  }, [loan, lent]);
  const layout = layoutOf(state, size);
  const { listRows, detailRows, detailWidth } = layout;
  useLayoutEffect(() => {
    view.dispatch({
      type: 'viewport',
      list: listRows,
      detailRows,
      detailColumns: detailWidth,
      columns: size.columns,
    });
  }, [view, listRows, detailRows, detailWidth, size.columns]);

  if (size.columns < least.columns || size.rows < least.rows) return <TooSmall size={size} />;
  return (
    <DrawContext value={{ paint, frames }}>
      <Box flexDirection="column" width={size.columns} height={size.rows}>
        <Pane lines={layout.header} width={size.columns} />
        <Body state={state} layout={layout} columns={size.columns} />
        <Pane lines={layout.footer} width={size.columns} />
      </Box>
    </DrawContext>
  );
}

function TooSmall({ size }: { size: Size }) {
  return (
    <Text wrap="wrap">
      {`The terminal is ${size.columns}×${size.rows}: at least ${least.columns}×${least.rows} are needed. q quits.`}
    </Text>
  );
}

function Body({ state, layout, columns }: { state: ViewState; layout: Layout; columns: number }) {
  const { height, listWidth, detailWidth, split } = layout;
  const { sheet, detail } = state;
  if (sheet) return <Pane lines={filled(sheetLines(sheet, columns, height), height)} width={columns} />;
  const list = <Pane lines={filled(listLines(state, listWidth, height), height)} width={listWidth} />;
  if (!detail) return list;
  const opened = (
    <Pane lines={filled(detailScreen(state, detail, detailWidth, height), height)} width={detailWidth} />
  );
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
