import assert from "node:assert/strict";
import { before, test } from "node:test";
import { createClient, ProblemError, type Client } from "../src/index.js";

// A development host with its sample organization: its addresses.
const { ENGAGE_URL: service, ENTRA_URL: entra } = process.env;
const contoso = "c0000000-0000-4000-8000-000000000000";
const support = "c0000000-0000-4000-8000-000000000206";

async function person(name: string): Promise<string> {
  const answer = await fetch(`${entra}/${contoso}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "password", username: `${name}@contoso.example`, scope: "api://engage-center/access_as_user" }),
  });
  assert.equal(answer.status, 200);
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function client(name: string, fetch?: (request: Request) => Promise<Response>): Promise<Client> {
  const token = await person(name);
  return createClient({ baseUrl: service!, token: () => token, ...(fetch ? { fetch } : {}) });
}

let workspace = "";

before(async () => {
  assert.ok(service && entra, "Set ENGAGE_URL and ENTRA_URL to the addresses of a development host.");
  for await (const mine of (await client("adele")).all("/v1/me/workspaces")) {
    if (mine.name === "Contoso") {
      workspace = mine.workspaceId;
    }
  }

  assert.notEqual(workspace, "");
});

test("A resource is read with its types", async () => {
  const { data, response } = await (await client("adele")).GET("/v1/workspaces/{id}", { params: { path: { id: workspace } } });

  assert.equal(response.status, 200);
  const name: string = data!.name;
  assert.equal(name, "Contoso");
});

test("A list is read to its last page, in pages of the size that is asked for", async () => {
  const asked: string[] = [];
  const adele = await client("adele", (request) => { asked.push(new URL(request.url).search); return fetch(request); });
  const { data } = await adele.GET("/v1/workspaces/{id}/support-cases", { params: { path: { id: workspace }, query: { pageSize: 500 } } });
  asked.length = 0;

  const ids: string[] = [];
  for await (const supportCase of adele.all("/v1/workspaces/{id}/support-cases", { params: { path: { id: workspace }, query: { pageSize: 100 } } })) {
    ids.push(supportCase.caseId);
  }

  assert.equal(ids.length, data!.totalCount);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(asked.length, Math.ceil(ids.length / 100));
  assert.ok(asked.length > 1 && asked.every((query) => query.includes("pageSize=100")), asked.join(" "));
});

test("Who reads no further asks for no further page", async () => {
  let asked = 0;
  const adele = await client("adele", (request) => { asked++; return fetch(request); });
  for await (const _ of adele.all("/v1/workspaces/{id}/support-cases", { params: { path: { id: workspace }, query: { pageSize: 1 } } })) {
    break;
  }

  assert.equal(asked, 1);
});

test("What is refused is a problem, in a list too", async () => {
  const nestor = await client("nestor");
  const { error, response } = await nestor.GET("/v1/workspaces/{id}", { params: { path: { id: workspace } } });
  assert.equal(response.status, 404);
  assert.equal(error!.type, "/problems/workspace-not-found");

  await assert.rejects(
    async () => { for await (const _ of nestor.all("/v1/workspaces/{id}/groups", { params: { path: { id: workspace } } })) { /* none */ } },
    (refused) => refused instanceof ProblemError && refused.status === 404 && refused.problem?.type === "/problems/workspace-not-found");
});

test("A revoked right is gone with the next request", async () => {
  const [adele, henrietta] = [await client("adele"), await client("henrietta")];
  const insights = () => henrietta.GET("/v1/workspaces/{id}/support-insights", { params: { path: { id: workspace } } });
  const group = { params: { path: { id: workspace, groupId: support } } };
  assert.equal((await insights()).response.status, 200);

  assert.equal((await adele.DELETE("/v1/workspaces/{id}/groups/{groupId}", group)).response.status, 204);
  assert.equal((await insights()).response.status, 404);

  assert.equal((await adele.PUT("/v1/workspaces/{id}/groups/{groupId}", { ...group, body: { displayName: "Engage Support", roles: ["SupportUser"] } })).response.status, 201);
  assert.equal((await insights()).response.status, 200);
});

test("A next page elsewhere gets no token", async () => {
  let asked = 0;
  const adele = await client("adele", async () => {
    asked++;
    return Response.json({ value: [], nextLink: "//elsewhere.example/v1/roles", totalCount: 1 });
  });

  await assert.rejects(async () => { for await (const _ of adele.all("/v1/roles")) { /* none */ } }, /not of this service/);
  assert.equal(asked, 1);
});
