type PlainName = 'home' | 'models' | 'sign_in' | 'account' | 'keys' | 'users' | 'webhooks' | 'system' | 'nowhere';
export type Page = { name: PlainName } | { name: 'job'; id: string };

const kPaths = new Map<string, PlainName>([
  ['/', 'home'],
  ['/index.html', 'home'],
  ['/models', 'models'],
  ['/sign-in', 'sign_in'],
  ['/account', 'account'],
  ['/account/keys', 'keys'],
  ['/users', 'users'],
  ['/webhooks', 'webhooks'],
  ['/system', 'system'],
]);

export function page_of(path: string): Page {
  const plain = kPaths.get(path) ?? kPaths.get(path.replace(/\/$/, ''));
  if (plain) return { name: plain };
  const job = /^\/jobs\/([a-z2-7]{26})\/?$/.exec(path);
  return job ? { name: 'job', id: job[1]! } : { name: 'nowhere' };
}

function is_plain_click(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

/** The page shown, as the address bar says. Links stay links: only plain clicks on own pages are taken over. */
class Address {
  page = $state.raw<Page>(page_of(globalThis.location?.pathname ?? '/'));

  constructor() {
    globalThis.window?.addEventListener('popstate', () => (this.page = page_of(location.pathname)));
  }

  go(path: string): void {
    history.pushState(null, '', path);
    this.page = page_of(path);
    scrollTo(0, 0);
  }

  /** Another page in the place of this one: going back does not lead here again. */
  replace(path: string): void {
    history.replaceState(null, '', path);
    this.page = page_of(path);
  }

  take_click = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || !is_plain_click(event) || event.defaultPrevented) return;
    if (link.origin !== location.origin || link.hasAttribute('download') || link.hash) return;
    if (page_of(link.pathname).name === 'nowhere') return;
    event.preventDefault();
    this.go(link.pathname);
  };
}

export const address = new Address();
