type Listener = (is_near: boolean) => void;

const kMarginPx = 500;
const listeners = new WeakMap<Element, Listener>();
const observer =
  typeof IntersectionObserver === 'undefined'
    ? null
    : new IntersectionObserver((entries) => entries.forEach((entry) => listeners.get(entry.target)?.(entry.isIntersecting)), {
        rootMargin: `${kMarginPx}px`,
      });

/** Tells whenever `element` comes near the window or leaves it; until the returned function is called. */
export function watch_near(element: Element, listener: Listener): () => void {
  listeners.set(element, listener);
  observer?.observe(element);
  return () => {
    observer?.unobserve(element);
    listeners.delete(element);
  };
}
