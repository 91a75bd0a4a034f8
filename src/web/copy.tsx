import { type ReactNode, useState } from 'react';

/** A button that puts text on the clipboard, and says so. */
export function Copy({
  text,
  label,
  children,
}: {
  text: string | (() => string);
  label: string;
  children?: ReactNode;
}) {
  const [done, setDone] = useState<'' | 'copied' | 'no clipboard'>('');
  const copy = (): void => {
    const tell = (what: typeof done): void => {
      setDone(what);
      setTimeout(() => setDone(''), 1500);
    };
    navigator.clipboard.writeText(typeof text === 'string' ? text : text()).then(
      () => tell('copied'),
      () => tell('no clipboard'), // the browser does not allow it
    );
  };
  return (
    <button type="button" className="copy" title={label} aria-label={label} onClick={copy}>
      {children ?? <CopySign />}
      <span role="status" className={done ? 'tip' : 'hidden'}>
        {done}
      </span>
    </button>
  );
}

function CopySign() {
  return (
    <svg className="sign" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M5.5 5.5V3a1 1 0 0 1 1-1H13a1 1 0 0 1 1 1v6.5a1 1 0 0 1-1 1h-2.5M3 5.500h6.5a1 1 0 0 1 1 1V13a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V6.5a1 1 0 0 1 1-1Z" />
    </svg>
  );
}
