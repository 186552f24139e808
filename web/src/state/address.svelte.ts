export type Page = { name: 'home' } | { name: 'models' } | { name: 'job'; id: string } | { name: 'nowhere' };

export function page_of(path: string): Page {
  if (path === '/' || path === '/index.html') return { name: 'home' };
  if (path === '/models' || path === '/models/') return { name: 'models' };
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
