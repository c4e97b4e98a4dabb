import assert from "node:assert/strict";
import { test } from "node:test";
import { retrying } from "../src/retry.js";

interface Try {
  status: number;
  after?: string;
}

/** A service that answers one after the other, and notes the bodies that it got and how long was waited. */
function service(...answers: Try[]) {
  const bodies: string[] = [];
  const waits: number[] = [];
  const send = retrying({
    fetch: async (request) => {
      bodies.push(await request.text());
      const { status, after } = answers.shift()!;
      return new Response(`${status}`, { status, headers: after === undefined ? {} : { "Retry-After": after } });
    },
    wait: async (milliseconds) => { waits.push(milliseconds); },
  });
  return { bodies, waits, send: (method: string, body?: string) => send(new Request("http://service.example/", { method, body: body ?? null })) };
}

test("A request is sent again after as long as the service says, with its body", async () => {
  const { bodies, waits, send } = service({ status: 429, after: "2" }, { status: 503, after: "1" }, { status: 200 });

  assert.equal((await send("PUT", "body")).status, 200);
  assert.deepEqual(bodies, ["body", "body", "body"]);
  assert.deepEqual(waits, [2000, 1000]);
});

test("An instant in the past is no wait", async () => {
  const { waits, send } = service({ status: 429, after: "Sun, 06 Nov 1994 08:49:37 GMT" }, { status: 200 });

  assert.equal((await send("GET")).status, 200);
  assert.deepEqual(waits, [0]);
});

test("After a fifth refusal the caller is told", async () => {
  const { bodies, send } = service(...Array<Try>(5).fill({ status: 429, after: "1" }));

  assert.equal((await send("GET")).status, 429);
  assert.equal(bodies.length, 5);
});

for (const [method, status, after, why] of [
  ["POST", 503, "1", "may have been done"],
  ["PATCH", 503, "1", "may have been done"],
  ["GET", 503, undefined, "has no Retry-After"],
  ["GET", 429, "3600", "would take too long"],
  ["GET", 429, "soon", "says no time"],
  ["GET", 500, "1", "is no matter of time"],
] as const) {
  test(`What ${why} is not sent again: ${method} ${status}`, async () => {
    const { bodies, send } = service({ status, ...(after === undefined ? {} : { after }) });

    assert.equal((await send(method)).status, status);
    assert.equal(bodies.length, 1);
  });
}

test("A POST is sent again after 429, when nothing was done", async () => {
  const { bodies, send } = service({ status: 429, after: "1" }, { status: 202 });

  assert.equal((await send("POST", "body")).status, 202);
  assert.deepEqual(bodies, ["body", "body"]);
});

test("Who gives up does not wait", async () => {
  const giveUp = new AbortController();
  const send = retrying({ fetch: async () => { giveUp.abort(new Error("given up")); return new Response(null, { status: 429, headers: { "Retry-After": "30" } }); } });

  await assert.rejects(send(new Request("http://service.example/", { signal: giveUp.signal })), /given up/);
});
