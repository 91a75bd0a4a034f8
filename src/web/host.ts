import type { ViewHost } from '../view/controller.ts';
import { editInPage } from './editing.ts';

/** What a browser can do for the view. */
export const pageHost: ViewHost = {
  ownList: true,
  edit: editInPage,
  save(name, text) {
    // A neutral type: no browser opens it, whatever it is.
    const url = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
    const link = document.createElement('a');
    Object.assign(link, { href: url, download: name });
    link.click();
    URL.revokeObjectURL(url);
  },
  clipboard: (text) =>
    navigator.clipboard.writeText(text).then(
      () => true,
      () => false, // the browser does not allow it: the text is shown
    ),
};
