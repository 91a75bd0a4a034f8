import { type FormEvent, useState } from 'react';

/** What a browser sees that was not let in. */
export function Locked() {
  const [problem, setProblem] = useState('');
  const logIn = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const password = new FormData(event.currentTarget).get('password');
    fetch('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ password }),
    }).then(
      ({ ok, status }) =>
        ok
          ? location.reload()
          : setProblem(status === 429 ? 'One try a second.' : 'That is not the password.'),
      () => setProblem('The tool does not answer: is it still running?'),
    );
  };
  return (
    <main className="locked">
      <h1>Not let in yet</h1>
      <p>This page shows what your webhooks carry, so it opens only from your own terminal:</p>
      <ul>
        <li>
          press <kbd>o</kbd> in the running tool, or
        </li>
        <li>
          run <code>npx reducto-webhook-dev inspector</code> and open the link that it prints.
        </li>
      </ul>
      <form onSubmit={logIn}>
        <label>
          With <code>--inspector-password</code>, the password:{' '}
          <input name="password" type="password" autoComplete="current-password" />
        </label>
        <button type="submit">Open</button>
        <p role="alert">{problem}</p>
      </form>
    </main>
  );
}
