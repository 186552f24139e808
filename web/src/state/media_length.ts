const kPatienceMs = 8000;

/** Length in seconds of a local file as this browser reads it; null when it cannot. */
export function media_length(file: File): Promise<number | null> {
  return new Promise((resolve) => {
    const player = document.createElement(file.type.startsWith('audio/') ? 'audio' : 'video');
    const address = URL.createObjectURL(file);
    const finish = (seconds: number | null): void => {
      clearTimeout(timer);
      player.onloadedmetadata = player.onerror = null;
      player.removeAttribute('src');
      URL.revokeObjectURL(address);
      resolve(seconds);
    };
    const timer = setTimeout(() => finish(null), kPatienceMs);
    player.preload = 'metadata';
    player.onloadedmetadata = () => finish(Number.isFinite(player.duration) ? player.duration : null);
    player.onerror = () => finish(null);
    player.src = address;
  });
}
