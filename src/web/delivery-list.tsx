import { useVirtualizer } from '@tanstack/react-virtual';
import { type MouseEvent, useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { tracks, useColumns } from './columns.ts';
import { Empty } from './empty.tsx';
import { ListHeader } from './list-header.tsx';
import { overscan, Row, rowHeight } from './list-row.tsx';
import { markBetween, toggleMark } from './marking.ts';
import { usePage, useViewState } from './page.ts';
import { useSlots } from './slots.ts';

/** Every delivery, newest first. */
export function DeliveryList() {
  const page = usePage();
  const { view, list, cursor } = page;
  const { detail, marks, status, filter } = useViewState();
  const { rows, fresh, loaded } = useSyncExternalStore(list.subscribe, list.state);
  const at = useSyncExternalStore(cursor.subscribe, cursor.state);
  const shown = useColumns();
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan,
  });
  const items = virtual.getVirtualItems();
  const slots = useSlots(items.map(({ index }) => rows[index]?.seq ?? `rank ${index}`));
  const start = items[0]?.index ?? 0;
  const end = (items.at(-1)?.index ?? 0) + 1;
  const atTop = (virtual.scrollOffset ?? 0) < rowHeight;
  useEffect(() => list.look(start, end, atTop), [list, start, end, atTop]);

  const opened = detail?.seq;
  useEffect(() => void (opened !== undefined && cursor.show(opened)), [cursor, opened]);
  useEffect(() => {
    if (at !== null && at.index >= 0) virtual.scrollToIndex(at.index, { align: 'auto' });
    cursor.pageRows = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / rowHeight) - 1);
  }, [virtual, cursor, at]);
  const { applied } = filter;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is read from its newest on
  useEffect(() => virtual.scrollToOffset(0), [virtual, applied]);

  const marked = useMemo(() => new Set(marks.deliveries), [marks.deliveries]);
  const held = useMemo(() => new Set(status.held), [status.held]);
  const expected = useMemo(() => new Set(status.expectedJobs), [status.expectedJobs]);
  const choose = useCallback(
    (seq: number, event: MouseEvent): void => {
      if (event.ctrlKey || event.metaKey) toggleMark(page, seq);
      else if (event.shiftKey) void markBetween(page, cursor.state()?.seq ?? seq, seq).catch(view.failed);
      else view.act({ type: 'open-seq', seq });
      cursor.show(seq);
    },
    [page, view, cursor],
  );

  if (loaded && rows.length === 0) return <Empty filtered={filter.applied !== ''} />;
  const active = at === null ? null : at.seq;
  return (
    <section className="pane list" aria-label="Deliveries">
      <div
        ref={box}
        id="deliveries"
        className="rows"
        role="grid"
        aria-label="Deliveries, newest first"
        aria-multiselectable="true"
        aria-rowcount={rows.length + 1}
        aria-activedescendant={active === null ? undefined : `row-${active}`}
        aria-busy={!loaded}
        tabIndex={0}
        style={{ '--tracks': tracks(shown), '--narrow': tracks(shown.filter(({ wide }) => !wide)) }}
      >
        <ListHeader shown={shown} />
        <div className="rows-all" style={{ height: virtual.getTotalSize() }} role="rowgroup">
          {items.map(({ index, start: top }, i) => {
            const row = rows[index];
            return (
              <Row
                key={slots[i]}
                row={row}
                index={index}
                top={top}
                shown={shown}
                open={row !== undefined && row.seq === opened}
                active={row !== undefined && row.seq === active}
                marked={row !== undefined && marked.has(row.seq)}
                held={row !== undefined && held.has(row.seq)}
                expected={row?.jobId != null && expected.has(row.jobId)}
                choose={choose}
              />
            );
          })}
        </div>
      </div>
      {fresh > 0 && (
        <button
          type="button"
          className="fresh"
          onClick={() => {
            list.showFresh();
            virtual.scrollToOffset(0);
          }}
        >
          ↑ {fresh.toLocaleString('en')} new
        </button>
      )}
    </section>
  );
}

declare module 'react' {
  interface CSSProperties {
    '--tracks'?: string;
    '--narrow'?: string;
  }
}
