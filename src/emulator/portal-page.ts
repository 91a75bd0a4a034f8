import type { WebhookEndpoint } from './endpoints.ts';

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand anywhere in the page, attributes too. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => entities[char]!);

/** The page: no script, no request but its own forms. A secret is behind a fold until it is opened. */
export function portalPage(endpoints: readonly WebhookEndpoint[], problem: string | null): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Webhook endpoints (emulated)</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:8vh auto;padding:0 1rem;color:#222}
li{border:1px solid #ccc;border-radius:6px;padding:.8rem 1rem;margin:.8rem 0;list-style:none;overflow-wrap:anywhere}
ul{padding:0}label{display:block;margin:.6rem 0}input{font:inherit;width:100%;box-sizing:border-box;padding:.3rem}
button{font:inherit}code{background:#eee;padding:.1em .3em;border-radius:3px}.problem{color:#a00}
@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}code{background:#333}.problem{color:#f88}}
</style>
<h1>Webhook endpoints</h1>
<p>Emulated by reducto-webhook-dev on this machine. A job with <code>webhook: {"mode": "svix"}</code> sends its
<code>async.update</code>, signed, to every endpoint below that its channels select.</p>
${problem === null ? '' : `<p class="problem" role="alert">${escaped(problem)}</p>`}
${endpoints.length === 0 ? '<p>There is no endpoint yet.</p>' : `<ul>${endpoints.map(item).join('')}</ul>`}
<h2>Add an endpoint</h2>
<form method="post">
<label>URL <input name="url" type="url" required placeholder="http://localhost:3000/webhook"></label>
<label>Channels, with commas; none for all <input name="channels"></label>
<button>Add</button>
</form>
</html>
`;
}

const item = ({ id, url, channels, secret }: WebhookEndpoint): string => `<li>
<strong>${escaped(url)}</strong><br>
Channels: ${channels === null ? 'all' : escaped(channels.join(', '))}
<details><summary>Signing secret: whsec_••••••</summary><code>${escaped(secret)}</code></details>
<form method="post"><button name="remove" value="${escaped(id)}">Remove</button></form>
</li>`;
