/** When a request is sent again. */
export interface RetryOptions {
  /** How often it is sent again at most. Default 4; 0 for never. */
  retries?: number;
  /** The longest time that is waited before one of them, in milliseconds; a longer `Retry-After` is left to the caller. Default 60,000. */
  longestWait?: number;
  /** Instead of the platform's. */
  fetch?: (request: Request) => Promise<Response>;
  /** Instead of a timer: waits so many milliseconds, and rejects when the signal says so. */
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

// Whose second time does the same as the first. Of the others a 503 does not say whether something was done.
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/**
 * A fetch that sends a request again after the service's own `Retry-After`: after 429, since nothing was done, and after 503 if
 * the method is idempotent. Any other answer, and one that comes without `Retry-After`, is returned as it is.
 */
export function retrying(options: RetryOptions): (request: Request) => Promise<Response> {
  const { retries = 4, longestWait = 60_000, fetch = globalThis.fetch, wait = timer } = options;
  return async (request) => {
    for (let left = retries; ; left--) {
      // A body can be read once.
      const answer = await fetch(left > 0 ? request.clone() : request);
      const after = left > 0 && isTemporary(request, answer) ? retryAfter(answer) : undefined;
      if (after === undefined || after > longestWait) {
        return answer;
      }

      await answer.body?.cancel();
      await wait(after, request.signal);
    }
  };
}

function isTemporary(request: Request, answer: Response): boolean {
  return answer.status === 429 || (answer.status === 503 && idempotent.has(request.method));
}

/** In milliseconds: the header has seconds, or an instant. */
function retryAfter(answer: Response): number | undefined {
  const value = answer.headers.get("Retry-After")?.trim();
  if (!value) {
    return undefined;
  }

  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

function timer(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const ended = setTimeout(() => {
      signal.removeEventListener("abort", aborted);
      resolve();
    }, milliseconds);
    const aborted = () => {
      clearTimeout(ended);
      reject(signal.reason);
    };
    signal.addEventListener("abort", aborted, { once: true });
  });
}
