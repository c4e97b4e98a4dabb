import createFetchClient, { type Client as FetchClient, type FetchResponse, type MaybeOptionalInit } from "openapi-fetch";
import { retrying, type RetryOptions } from "./retry.js";
import type { components, paths } from "./schema.js";

export type { RetryOptions } from "./retry.js";
export type { components, operations, paths } from "./schema.js";

/** What the service says of a refusal, by RFC 9457. */
export type Problem = components["schemas"]["Problem"];

type Json = "application/json" | "application/problem+json";

export interface Options extends RetryOptions {
  /** Where the service is, such as `https://engage.example`. */
  baseUrl: string;
  /** An access token of Entra ID. Asked for each request, so that it may be renewed. */
  token: () => string | Promise<string>;
}

/** Paths whose GET is a list of pages. */
export type ListPath = { [P in keyof paths]: Page<P> extends never ? never : P }[keyof paths];

/** An item of such a list. */
export type ItemOf<P extends ListPath> = Page<P> extends { value: (infer Item)[] } ? Item : never;

type Page<P extends keyof paths> = paths[P] extends { get: { responses: { 200: { content: { "application/json": infer Body } } } } }
  ? Body extends { value: unknown[]; totalCount: number } ? Body : never
  : never;

export interface Client extends FetchClient<paths, Json> {
  /** Every item of a list, page by page as they are asked for. Throws a {@link ProblemError} if a page is refused. */
  all<P extends ListPath>(path: P, ...init: ListInit<P>): AsyncGenerator<ItemOf<P>, void, undefined>;
}

type Get<P extends keyof paths> = paths[P] extends { get: infer Operation } ? Operation & Record<string | number, any> : never;
type Init<P extends ListPath> = MaybeOptionalInit<paths[P], "get">;
type ListInit<P extends ListPath> = undefined extends Init<P> ? [init?: Init<P>] : [init: Init<P>];

/** A request was refused. */
export class ProblemError extends Error {
  constructor(readonly status: number, readonly problem: Problem | undefined) {
    super(problem?.detail ?? problem?.title ?? `The service answered ${status}.`);
    this.name = "ProblemError";
  }
}

/**
 * A client of the web API: `client.GET("/v1/me/workspaces")` and so on, with types of the OpenAPI document. A request that
 * the service asks to come back later is sent again as {@link RetryOptions} say.
 */
export function createClient(options: Options): Client {
  const send = retrying(options);
  const client = createFetchClient<paths, Json>({
    baseUrl: options.baseUrl,
    fetch: async (request) => {
      request.headers.set("Authorization", `Bearer ${await options.token()}`);
      return send(request);
    },
  });
  return Object.assign(client, { all: (path: ListPath, init?: object) => all(client, path, init) }) as Client;
}

async function* all(client: FetchClient<paths, Json>, path: ListPath, init: object = {}): AsyncGenerator<unknown, void, undefined> {
  // The types of one list cannot be told from those of another here; they are those of the caller's path.
  const get = client.GET as unknown as (path: string, init: object) => Promise<FetchResponse<Get<"/v1/roles">, object, Json>>;
  for (let answer = await get(path, init); ; ) {
    if (answer.data === undefined) {
      throw new ProblemError(answer.response.status, answer.error as Problem | undefined);
    }

    const { value, nextLink } = answer.data;
    yield* value;
    if (!nextLink) {
      return;
    }

    // It has the query already. The token goes to the service alone.
    if (!nextLink.startsWith("/") || nextLink.startsWith("//")) {
      throw new Error(`The next page is at '${nextLink}', which is not of this service.`);
    }

    const { params: _, ...rest } = init as { params?: unknown };
    answer = await get(nextLink, rest);
  }
}
