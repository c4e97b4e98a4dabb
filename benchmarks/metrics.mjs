// What metrics that are scraped every 15 s cost for a request: node benchmarks/metrics.mjs DEVHOST_DLL [ROUNDS] [REQUESTS]
// Two development hosts, one without and one with Metrics:Url, answer the same small request in turns. It prints the CPU
// time of the process for a request, and for a scrape.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [program, rounds = "50", requests = "2000"] = process.argv.slice(2);
const tenant = "c0000000-0000-4000-8000-000000000000";
const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });

const get = (url, headers = {}) => new Promise((done, failed) => http.get(url, { agent, headers }, (answer) => {
  let body = "";
  answer.setEncoding("utf8").on("data", (text) => { body += text; }).on("end", () => answer.statusCode === 200 ? done(body) : failed(new Error(`${url}: ${answer.statusCode}`)));
}).on("error", failed));

// In milliseconds; Linux counts in hundredths of a second.
const cpu = ({ pid }) => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ").slice(11, 13).reduce((sum, ticks) => sum + 10 * ticks, 0);
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function start(port, withMetrics) {
  const [api, entra, metrics] = [0, 1, 2].map((n) => `http://127.0.0.1:${port + n}`);
  const settings = { WebApi__Url: api, LocalEntra__Url: entra, DevHost__Portal: "false", WebApi__RateLimit__PermitLimit: "1000000", WebApi__RateLimit__Burst: "1000000" };
  const host = spawn("dotnet", [resolve(program)], { cwd: mkdtempSync(join(tmpdir(), "metrics-")), env: { ...process.env, ...settings, ...(withMetrics ? { Metrics__Url: metrics } : {}) } });
  let said = "";
  await new Promise((ready, failed) => {
    host.stdout.on("data", (text) => { said += text; if (said.includes("/v1/me/home")) { ready(); } });
    host.on("exit", () => failed(new Error(`The host ended. ${said}`)));
  });
  const body = new URLSearchParams({ grant_type: "password", username: "adele@contoso.example", scope: "api://engage-center/access_as_user" });
  const { access_token: token } = await (await fetch(`${entra}/${tenant}/oauth2/v2.0/token`, { method: "POST", body })).json();
  const headers = { authorization: `Bearer ${token}` };
  const { workspaceId } = JSON.parse(await get(`${api}/v1/me/workspaces`, headers)).value[0];
  return { pid: host.pid, end: () => host.kill("SIGKILL"), scrape: () => get(`${metrics}/metrics`), ask: () => get(`${api}/v1/workspaces/${workspaceId}`, headers) };
}

/** @returns Microseconds of CPU time for a request, with 8 at the same time. */
async function load(host, count) {
  const before = cpu(host);
  let left = count;
  await Promise.all(Array.from({ length: 8 }, async () => { while (left-- > 0) { await host.ask(); } }));
  return 1000 * (cpu(host) - before) / count;
}

const [off, on] = [await start(20700, false), await start(20710, true)];
try {
  for (let warm = 0; warm < 4; warm++) {
    await load(off, 6000);
    await load(on, 6000);
  }

  const scraping = setInterval(on.scrape, 15_000);
  let [without, withMetrics] = [0, 0];
  for (let round = 0; round < +rounds; round++) {
    without += await load(off, +requests) / +rounds;
    withMetrics += await load(on, +requests) / +rounds;
  }

  clearInterval(scraping);
  console.log(`a request: ${without.toFixed(1)} µs without, ${withMetrics.toFixed(1)} µs with metrics, ratio ${(withMetrics / without).toFixed(2)}`);

  const before = cpu(on);
  await pause(17_500);
  const [idle, since] = [cpu(on) - before, cpu(on)];
  let size = 0;
  for (let scrape = 0; scrape < 50; scrape++) {
    size = (await on.scrape()).length;
    await pause(350);
  }

  console.log(`a scrape: ${((cpu(on) - since - idle) / 50).toFixed(1)} ms, ${size} bytes`);
} finally {
  off.end();
  on.end();
}

process.exit(0);
