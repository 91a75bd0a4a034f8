import type { ViewHost } from '../view/controller.ts';
import { editInPage } from './editing.ts';

/** What a browser can do for the view. */
export const pageHost: ViewHost = {
  ownList: true,
  edit: editInPage,
  download(path) {
    const link = document.createElement('a');
    Object.assign(link, { href: path, download: '' });
    link.click();
  },
  clipboard: (text) =>
    navigator.clipboard.writeText(text).then(
      () => true,
      () => false, // the browser does not allow it: the text is shown
    ),
};
