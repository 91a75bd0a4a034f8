import type { HeaderPair } from '../core/delivery.ts';
import type { Answer } from './answer.ts';

const headers: HeaderPair[] = [
  ['content-type', 'text/html; charset=utf-8'],
  ['content-security-policy', "default-src 'none'; style-src 'unsafe-inline'"],
  ['cache-control', 'no-store'],
];

/** What a person sees who opens the public URL in a browser. Shows nothing of what was captured. */
export const welcome: Answer = {
  status: 200,
  headers,
  by: 'tool',
  note: 'a browser: answered with a page that says what this URL is',
  body: `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Webhook receiver</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem;color:#222}
code{background:#eee;padding:.1em .3em;border-radius:3px}
@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}code{background:#333}}</style>
<h1>This URL receives webhooks</h1>
<p>It belongs to a developer who runs <code>reducto-webhook-dev</code>. Give it to Reducto as the
<code>url</code> of a direct webhook; what arrives is shown on the developer's own screen, not here.</p>
</html>
`,
};
