import type { Answer } from '../receiver/answer.ts';

/** What a browser sees: what the place is, and nothing that is in it. */
export const page = (found: boolean): Answer => ({
  status: found ? 200 : 404,
  headers: [
    ['content-type', 'text/html; charset=utf-8'],
    ['content-security-policy', "default-src 'none'; style-src 'unsafe-inline'"],
    ['x-content-type-options', 'nosniff'],
    ['cache-control', 'no-store'],
  ],
  body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${found ? 'Webhook relay' : 'Nothing here'}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 20vh auto; padding: 0 1rem; color: #222 }
  @media (prefers-color-scheme: dark) { body { background: #16181d; color: #ddd } }
</style>
${
  found
    ? '<h1>A webhook relay</h1><p>Programs send webhooks here; reducto-webhook-dev passes them on to whoever listens with the right key. There is nothing to see in a browser.</p>'
    : '<h1>Nothing here</h1>'
}
</html>
`,
  by: 'tool',
  note: null,
});
