import { useEffect, useState } from 'react';

/** A terminal's size. */
export interface Size {
  columns: number;
  rows: number;
}

/** The terminal's size, as it changes; `onChange` is called before anything is drawn in the new size. */
export function useSize(terminal: NodeJS.WriteStream, onChange: () => void): Size {
  const [size, setSize] = useState<Size>({ columns: terminal.columns, rows: terminal.rows });
  useEffect(() => {
    const resized = (): void => {
      onChange();
      setSize({ columns: terminal.columns, rows: terminal.rows });
    };
    terminal.on('resize', resized);
    return () => void terminal.off('resize', resized);
  }, [terminal, onChange]);
  return size;
}
