import { Box, Text } from 'ink';
import { createContext, useContext } from 'react';
import type { FrameStream } from './frame-stream.ts';
import type { ScreenLine } from './screen.ts';
import type { Paint } from './style.ts';
import { fitSpans } from './text.ts';

/** What lines are drawn with. */
export const DrawContext = createContext<{ paint: Paint; frames: FrameStream } | null>(null);

/** Lines one below the other, each `width` wide. */
export function Pane({ lines, width }: { lines: readonly ScreenLine[]; width: number }) {
  const draw = useContext(DrawContext);
  if (draw === null) throw new Error('a Pane needs a DrawContext');
  const { paint, frames } = draw;
  return (
    <Box flexDirection="column" width={width}>
      {lines.map(({ spans, selected = false }, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no identity but its place
        <Text key={row}>{frames.place(paint(fitSpans(spans, width), { selected }))}</Text>
      ))}
    </Box>
  );
}
