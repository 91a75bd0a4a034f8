// Runs in the browser: not bundled, and so in no need of this project's types.

/**
 * Everything that a page can try on a server of another origin.
 * @returns what each came to: `failed`, `unread` (sent, but nothing of the answer can be seen), or what was had
 */
export async function attack(target) {
  const args = JSON.stringify({ id: ['1'] });
  const replay = `${target}/api/commands/replay`;
  const asking = async (path, init) => {
    try {
      const answer = await fetch(path, init);
      return answer.type === 'opaque' ? 'unread' : `read ${answer.status}: ${await answer.text()}`;
    } catch {
      return 'failed';
    }
  };
  const loading = (tag, path) =>
    new Promise((resolve) => {
      const element = document.createElement(tag);
      element.onload = () => resolve('loaded');
      element.onerror = () => resolve('failed');
      Object.assign(element, tag === 'link' ? { rel: 'stylesheet', href: path } : { src: path });
      document.body.append(element);
    });
  const framed = (path) =>
    new Promise((resolve) => {
      const frame = document.createElement('iframe');
      // A frame that was refused shows a page of the browser's own, which nobody else can read either.
      frame.onload = () => resolve('unread');
      frame.src = path;
      document.body.append(frame);
    });
  const posted = (enctype) =>
    new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.name = `answer-${enctype}`;
      frame.onload = () => resolve('unread');
      const form = document.createElement('form');
      Object.assign(form, { action: replay, method: 'post', enctype, target: frame.name });
      const input = document.createElement('input');
      // Together with the = that a form writes this is JSON.
      Object.assign(input, { name: '{"id":["1"],"to":"', value: '"}' });
      form.append(input);
      document.body.append(frame, form);
      form.submit();
    });
  const socket = (path) =>
    new Promise((resolve) => {
      const connection = new WebSocket(path.replace('http', 'ws'));
      connection.onopen = () => resolve('open');
      connection.onmessage = ({ data }) => resolve(`read ${String(data)}`);
      connection.onerror = () => resolve('failed');
    });
  const post = (type, mode) => ({
    ...{ method: 'POST', mode, credentials: 'include', body: args },
    headers: { 'content-type': type },
  });
  const tried = {
    'read with the cookie': asking(`${target}/api/deliveries`, { credentials: 'include' }),
    'read without': asking(`${target}/api/deliveries`, { credentials: 'omit' }),
    'read, no-cors': asking(`${target}/api/deliveries`, { mode: 'no-cors', credentials: 'include' }),
    'read with a token': asking(`${target}/api/status`, { headers: { authorization: 'Bearer x' } }),
    'read the page': asking(`${target}/`, { credentials: 'include' }),
    'replay as JSON': asking(replay, post('application/json', 'cors')),
    'replay as text': asking(replay, post('text/plain', 'cors')),
    'replay as text, no-cors': asking(replay, post('text/plain', 'no-cors')),
    'replay by a beacon': Promise.resolve(navigator.sendBeacon(replay, args) ? 'unread' : 'failed'),
    'replay by a form': posted('application/x-www-form-urlencoded'),
    'replay by a form of text': posted('text/plain'),
    'replay by a form of parts': posted('multipart/form-data'),
    'log in': asking(`${target}/login`, post('text/plain', 'no-cors')),
    'the API as a picture': loading('img', `${target}/api/deliveries`),
    'the API as a script': loading('script', `${target}/api/status`),
    'a file of the page as a picture': loading('img', `${target}/icon.svg`),
    'the API as a style sheet': loading('link', `${target}/api/status`),
    'the page in a frame': framed(`${target}/`),
    'the API in a frame': framed(`${target}/api/deliveries`),
    'the stream': socket(`${target}/api/events`),
  };
  const names = Object.keys(tried);
  const ends = await Promise.all(Object.values(tried));
  return Object.fromEntries(names.map((name, i) => [name, ends[i]]));
}
