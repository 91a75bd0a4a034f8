import { Box, Text } from 'ink';
import { useCallback, useLayoutEffect, useSyncExternalStore } from 'react';
import type { View } from '../view/controller.ts';
import type { ViewState } from '../view/state.ts';
import { span } from '../view/text.ts';
import { detailScreen } from './detail.ts';
import type { FrameStream } from './frame-stream.ts';
import { useKeys } from './input.ts';
import { type Layout, layoutOf, least } from './layout.ts';
import { listLines } from './list.ts';
import { filled, type ScreenLine } from './screen.ts';
import { sheetLines } from './sheet.ts';
import { type Size, useSize } from './size.ts';
import type { Paint } from './style.ts';

interface AppProps {
  view: View;
  terminal: NodeJS.WriteStream;
  frames: FrameStream;
  paint: Paint;
}

/** The whole screen. */
export function App({ view, terminal, frames, paint }: AppProps) {
  const forget = useCallback(() => frames.forget(), [frames]);
  const size = useSize(terminal, forget);
  const state = useSyncExternalStore(view.subscribe, view.state);
  useKeys(view, forget);
  const layout = layoutOf(state, size);
  const { listRows, detailRows, detailWidth } = layout;
  useLayoutEffect(() => {
    view.dispatch({ type: 'viewport', list: listRows, detailRows, detailColumns: detailWidth });
  }, [view, listRows, detailRows, detailWidth]);

  if (size.columns < least.columns || size.rows < least.rows) return <TooSmall size={size} />;
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows}>
      <Pane lines={layout.header} paint={paint} />
      <Body state={state} layout={layout} columns={size.columns} paint={paint} />
      <Pane lines={layout.footer} paint={paint} />
    </Box>
  );
}

function TooSmall({ size }: { size: Size }) {
  return (
    <Text wrap="wrap">
      {`The terminal is ${size.columns}×${size.rows}: at least ${least.columns}×${least.rows} are needed. q quits.`}
    </Text>
  );
}

interface BodyProps {
  state: ViewState;
  layout: Layout;
  columns: number;
  paint: Paint;
}

function Body({ state, layout, columns, paint }: BodyProps) {
  const { height, listWidth, detailWidth, split } = layout;
  const { sheet, detail } = state;
  if (sheet) return <Pane lines={filled(sheetLines(sheet, columns, height), height)} paint={paint} />;
  if (!detail) return <Pane lines={filled(listLines(state, listWidth, height), height)} paint={paint} />;
  const opened = filled(detailScreen(detail, detailWidth, height), height);
  if (!split) return <Pane lines={opened} paint={paint} />;
  const border = filled([], height).map(() => ({ spans: [span('│', 'dim')] }));
  return (
    <Box>
      <Pane lines={filled(listLines(state, listWidth, height), height)} paint={paint} width={listWidth} />
      <Pane lines={border} paint={paint} width={1} />
      <Pane lines={opened} paint={paint} width={detailWidth} />
    </Box>
  );
}

function Pane({ lines, paint, width }: { lines: readonly ScreenLine[]; paint: Paint; width?: number }) {
  return (
    <Box flexDirection="column" {...(width !== undefined && { width })}>
      {lines.map(({ spans, selected }, row) => (
        // A line has no identity but its place.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <Text key={row} wrap="truncate-end">
          {paint(spans, { selected: selected ?? false }) || ' '}
        </Text>
      ))}
    </Box>
  );
}
