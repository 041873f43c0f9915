// What can happen between a client and the reference: an answer of somebody else, or one that gets lost.

/** Given a request, the answer in place of the reference's, an error, or undefined to let the request through. */
export type Planned = (request: Request) => Response | undefined | Promise<Response | undefined>;

export class Interfering {
  readonly requests: Request[] = [];
  readonly statuses: number[] = [];
  planned: Planned[];
  /** How many answers of the reference get lost on their way back. */
  loseAnswers = 0;

  constructor(...planned: Planned[]) {
    this.planned = planned;
  }

  /** Lets a request through to the reference, unless something was planned for it. */
  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    this.requests.push(request.clone());
    const planned = await this.planned.shift()?.(request);
    if (planned) return planned;
    const response = await fetch(request);
    this.statuses.push(response.status);
    if (this.loseAnswers > 0) {
      this.loseAnswers -= 1;
      throw new TypeError('the connection broke before the answer came');
    }
    return response;
  };

  /** Returns the requests whose path ends so. */
  to(path: string): Request[] {
    return this.requests.filter(request => new URL(request.url).pathname.endsWith(path));
  }
}

export function answering(status: number, content: unknown, headers: Record<string, string> = {}): Planned {
  return () => Response.json(content, { status, headers });
}

/** Answers as the reference does when its database is gone. */
export function unavailable(headers: Record<string, string> = {}): Planned {
  const problem = { type: 'about:blank', title: 'Service Unavailable', status: 503, code: 'unavailable' };
  return answering(503, { ...problem, detail: 'Try again.', request_id: 'planned-1' }, headers);
}

export function broken(): never {
  throw new TypeError('the connection broke before the answer came');
}
