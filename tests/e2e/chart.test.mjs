// The chart, its table, the inspector and the logbook in the built page. Each test names the rows of the feature table that it shows.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertAccessible, launch, open, started } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

const TWO = [
  "kubectl create deployment web --image=nginx --replicas=3",
  "kubectl expose deployment web --port=80",
  "kubectl create deployment cache --image=redis --replicas=2",
  "kubectl expose deployment cache --port=6379",
  "kubectl create namespace shop",
  "kubectl create deployment till --image=nginx --replicas=2 -n shop",
  "kubectl expose deployment till --port=80 --type=NodePort -n shop",
];

/** A page on which these lines were typed, with time for what they begin. */
async function begin(lines = TWO, options = {}, query = "?speed=0") {
  const page = await open(browser, `${server.url}${query}`, options);
  await started(page);
  await page.locator("#command").waitFor({ state: "attached" });
  for (const line of lines) await type(page, line);
  return page;
}

async function type(page, line) {
  await page.evaluate((text) => globalThis.portside.type(text), line);
  await page.evaluate(() => globalThis.portside.step(5000));
}

const node = (page, place) => page.locator(`.map .node[data-place~="${place}"]`);
const inspector = (page) => page.locator(".inspector");
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute("data-place"));

test("rows 60 and 64: the inspector says who selects whom, and of every other Pod why not", async () => {
  const page = await begin();
  await node(page, "service/default/web").click();
  const text = await inspector(page).innerText();
  assert.match(text, /Selects\s+Pod web-\S+: ready/);
  assert.match(text, /Why not these\s+Pod cache-\S+: its label app is cache, not web/);
  assert.match(text, /clusterIP: 10\./);
  await inspector(page).getByRole("button", { name: /^Pod web-/ }).first().click();
  await inspector(page).getByRole("heading", { name: "Conditions" }).waitFor();
  const pod = await inspector(page).innerText();
  assert.match(pod, /Selected by\s+Service web: sends traffic to it/);
  assert.match(pod, /Not selected by\s+Service cache: its label app is web, not cache/);
  assert.match(pod, /Scheduled: Successfully assigned/);
  await assertAccessible(page);
  await page.getByRole("button", { name: "Close the inspector" }).click();
  await inspector(page).waitFor({ state: "detached" });
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 69: what the pointer rests on lights up in the chart, the table and the logbook", async () => {
  const page = await begin([...TWO, "kubectl run box --rm --restart=Never -it --image=busybox", "telnet web 80"]);
  const row = page.locator(".rows tr", { hasText: "DELIVERED" }).last();
  await row.hover();
  await page.locator(".map .node[data-lit='hover']").waitFor();
  assert.match(await page.locator(".map .node[data-lit='hover']").getAttribute("aria-label"), /^Pod web-/);
  const place = await page.locator(".map .node[data-lit='hover']").getAttribute("data-place");
  await page.locator(".head").hover();
  await page.locator(".map .node[data-lit]").waitFor({ state: "detached" });
  await node(page, place).hover();
  assert.ok(await page.locator(".rows tr[data-lit]").count() > 0, "its rows light up");
  await page.context().close();
});

test("row 69: a block of the manifest is its node, and a node its block", async () => {
  const page = await begin(["cd ~/modern-devops/ch6/services/", "kubectl apply -f redis-clusterip.yaml"]);
  await page.locator(".cm-content").waitFor();
  const linked = () => page.locator(".cm-line.cm-linked").count();
  await page.locator(".head").hover();
  assert.equal(await linked(), 0);
  await node(page, "service/default/redis").hover();
  await page.locator(".cm-line.cm-linked", { hasText: "kind: Service" }).waitFor();
  assert.ok(await linked() > 5, "the whole block");
  await page.locator(".head").hover();
  await page.locator(".cm-line.cm-linked").first().waitFor({ state: "detached" });
  await page.locator(".cm-line", { hasText: "kind: Service" }).hover();
  await page.locator(".map .node[data-place~='service/default/redis'][data-lit='hover']").waitFor({ state: "attached" });
  await page.context().close();
});

test("row 31: editor, chart and terminal have names, and each step is told once", async () => {
  const page = await begin();
  await page.locator(".cm-content").waitFor();
  const said = () => page.locator("#said").textContent();
  for (const [role, name] of [["textbox", "Manifest"], ["region", "Terminal, your machine"], ["log", "Transcript"], ["textbox", "Command"], ["region", "Chart"], ["region", "Logbook rows"]]) {
    await page.getByRole(role, { name, exact: true }).first().waitFor();
  }
  await page.getByRole("group", { name: /^Chart of the cluster: \d+ of \d+ objects/ }).waitFor();
  await page.getByRole("button", { name: /^Service web, ClusterIP 10\.\d+\.\d+\.\d+.*3 of 3 endpoints ready/ }).waitFor({ state: "attached" });
  // A Pod's own words come with the focus, its place among its siblings with the live region.
  await type(page, "kubectl annotate pods -l app=cache portside.dev/fail=unready");
  await page.evaluate(() => globalThis.portside.step(60_000));
  await page.getByRole("button", { name: /^Pod cache-\S+.*not ready/ }).first().waitFor({ state: "attached" });
  await node(page, "service/default/web").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.equal(await said(), "1 of 3");
  await page.keyboard.press("ArrowDown");
  assert.match(await said(), /^\d of \d$/, "its place in the lane");
  assert.match(await page.evaluate(() => document.activeElement.ariaLabel), /^Pod /);
  // A command is summed up in one sentence; its text is there to be read, and is not read out.
  assert.equal(await page.getByRole("log").getAttribute("aria-live"), "off");
  const sum = page.locator(".term > [role='status']");
  await type(page, "kubectl get nodes");
  assert.equal(await sum.textContent(), "exit 0: 4 lines");
  await type(page, "kubectl get nothing");
  assert.match(await sum.textContent(), /^exit 1: error: the server doesn't have a resource type "nothing"/);
  await page.context().close();
});

test("rows 30 and 54: one stop for Tab, arrows go along the packet's way, letters act", async () => {
  const page = await begin();
  assert.equal(await page.locator(".map .node[tabindex='0']").count(), 1);
  await page.locator(".map .node[tabindex='0']").focus();
  const first = await focused(page);
  assert.match(first, /^service\/default\/cache/);
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(page), "service/default/web");
  await page.keyboard.press("ArrowRight");
  assert.match(await focused(page), /^endpointslice\/default\/web-/);
  await page.keyboard.press("ArrowRight");
  assert.match(await focused(page), /^pod\/default\/web-/);
  assert.equal(await page.locator("#said").textContent(), "1 of 3");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await focused(page), "service/default/web");
  await page.keyboard.press("Enter");
  await inspector(page).waitFor();
  await page.keyboard.press("Escape");
  await inspector(page).waitFor({ state: "detached" });
  assert.equal(await page.locator(".map .node[tabindex='0']").count(), 1, "still one stop");
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("e");
  await page.waitForFunction(() => /kubectl exec -it till-/.test(globalThis.portside.transcript()));
  await page.context().close();
});

test("rows 56 and 58: a trace from a node draws its route and stamps the verdict with its sentence", async () => {
  const page = await begin([...TWO, "kubectl run box --image=busybox --command -- sleep 3600"]);
  await node(page, "service/default/web").click();
  await inspector(page).getByRole("button", { name: /Trace to here/ }).click();
  await page.locator(".stretch:not(.ahead) [href='#v-ok']").waitFor({ state: "attached" });
  assert.equal(await page.locator(".stretch .wake").count(), 3);
  assert.match(await page.locator(".rows tr.now").textContent(), /DELIVERED/);
  await page.getByText("Break it").click();
  await inspector(page).getByRole("button", { name: "Refuse" }).click();
  await inspector(page).getByRole("button", { name: /Trace to here/ }).click();
  await page.locator(".map", { hasText: "Refused:" }).waitFor();
  assert.match(await page.locator(".rows tr.now").textContent(), /REFUSED/);
  await assertAccessible(page);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 57: pause, a step for each hop, a quarter to four times the speed", async () => {
  const page = await begin([...TWO, "kubectl run box --rm --restart=Never -it --image=busybox", "telnet web 80"], { reducedMotion: "no-preference" }, "?speed=0");
  await page.locator(".stretch.ahead").first().waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Pause the clock" }).click();
  await page.getByRole("button", { name: "Play the last route again" }).click();
  const shown = () => page.locator(".stretch:not(.ahead)").count();
  await page.waitForFunction(() => document.querySelectorAll(".stretch:not(.ahead)").length === 0);
  const seen = [];
  for (let i = 0; i < 4; i++) {
    await page.getByRole("button", { name: "Step to the next hop" }).click();
    seen.push(await shown());
    assert.match(await page.locator("#said").textContent(), new RegExp(`^Hop ${i + 1} of 4`));
  }
  assert.ok(seen.every((count, i) => i === 0 || count > seen[i - 1]), `each step shows more: ${seen}`);
  await page.getByRole("button", { name: "Step back to the hop before" }).click();
  assert.equal(await shown(), seen[2]);
  assert.match(await page.locator("#said").textContent(), /^Hop 3 of 4/);
  const speeds = await page.getByLabel("Speed").locator("option").allTextContents();
  assert.deepEqual(speeds, ["¼×", "½×", "1×", "2×", "4×"]);
  await page.context().close();
});

test("row 29: with reduced motion a route is drawn at once and can be stepped through", async () => {
  const page = await begin([...TWO, "kubectl run box --rm --restart=Never -it --image=busybox", "telnet web 80"]);
  assert.equal(await page.locator(".stretch.ahead").count(), 0);
  assert.deepEqual(await page.evaluate(() => document.getAnimations().filter((animation) => animation.effect.getTiming().duration > 0).map((animation) => animation.animationName ?? animation.transitionProperty)), [], "nothing moves");
  await page.getByRole("button", { name: "Step to the next hop" }).click();
  assert.ok(await page.locator(".stretch.ahead").count() > 0, "the step shows the first hop only");
  await page.context().close();
});

test("row 59: the scrubber shows the cluster as it was, and comes back", async () => {
  const page = await begin();
  await node(page, "service/shop/till").waitFor({ state: "attached" });
  const scrubber = page.getByLabel("Instant shown");
  await scrubber.focus();
  await page.keyboard.press("Home");
  await page.getByText("The cluster as it was at").first().waitFor();
  assert.equal(await node(page, "service/shop/till").count(), 0);
  assert.equal(await node(page, "service/default/web").count(), 0);
  await assertAccessible(page);
  await page.getByRole("button", { name: "Back to now" }).click();
  await node(page, "service/shop/till").waitFor({ state: "attached" });
  await page.context().close();
});

test("rows 65 and 66: filters speak kubectl's -l, and a click on a label filters", async () => {
  const page = await begin();
  const filter = page.getByLabel("Filter, as for kubectl -l");
  await filter.fill("app in (web, till),app!=till");
  await page.getByText(/^Showing \d+ of \d+ objects/).first().waitFor();
  assert.equal(await node(page, "service/default/cache").count(), 0);
  assert.equal(await node(page, "service/default/web").count(), 1);
  await filter.fill("-n shop");
  await node(page, "service/shop/till").waitFor({ state: "attached" });
  assert.equal(await node(page, "service/default/web").count(), 0);
  await filter.fill("svc -n shop");
  await page.waitForFunction(() => document.querySelectorAll(".map .node[data-place^='pod/']").length === 0);
  assert.equal(await node(page, "service/shop/till").count(), 1, "a kind");
  await filter.fill("");
  await type(page, "kubectl run box --image=busybox --restart=Never -it --rm -- wget -T 2 -qO- web");
  await type(page, "kubectl run box --image=busybox --restart=Never -it --rm -- wget -T 2 -qO- cache:81");
  const verdicts = async () => new Set(await page.locator(".rows tbody .vd").allTextContents());
  assert.ok((await verdicts()).size > 2);
  await filter.fill("delivered");
  await page.waitForFunction(() => new Set([...document.querySelectorAll(".rows tbody .vd")].map((e) => e.textContent)).size === 1);
  assert.deepEqual([...await verdicts()], ["DELIVERED"], "a verdict");
  await filter.fill("app in (");
  await page.getByRole("alert").getByText(/A filter is written as for kubectl/).waitFor();
  assert.equal(await filter.inputValue(), "app in (", "what was written stays");
  await assertAccessible(page);
  await filter.fill("");
  await node(page, "service/default/web").click();
  await inspector(page).getByRole("button", { name: "app=web" }).click();
  assert.equal(await filter.inputValue(), "app=web");
  assert.equal(await node(page, "service/default/cache").count(), 0);
  await page.context().close();
});

test("row 67: a namespace folds to a line and unfolds again", async () => {
  const page = await begin();
  await page.locator(".fold", { hasText: "shop" }).click();
  await page.locator(".map", { hasText: "1 Service, 2 Pods" }).waitFor();
  assert.equal(await node(page, "service/shop/till").count(), 0);
  await node(page, "namespace//shop").focus();
  await page.keyboard.press("Enter");
  await node(page, "service/shop/till").waitFor({ state: "attached" });
  await page.context().close();
});

test("row 62: buttons, keys and the wheel zoom; the whole chart fits", async () => {
  const page = await begin();
  const width = () => page.locator(".map").evaluate((map) => Math.round(map.getBoundingClientRect().width));
  const before = await width();
  await page.getByRole("button", { name: "Larger" }).click();
  await page.waitForFunction((least) => document.querySelector(".map").getBoundingClientRect().width > least + 50, before);
  await page.locator(".map .node[tabindex='0']").focus();
  await page.keyboard.press("-");
  await page.waitForFunction((most) => document.querySelector(".map").getBoundingClientRect().width <= most + 1, before);
  await page.locator(".sea").hover();
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Control");
  await page.waitForFunction((least) => document.querySelector(".map").getBoundingClientRect().width > least + 50, before);
  await page.getByRole("button", { name: "Fit the whole chart" }).click();
  const fits = await page.locator(".sea").evaluate((sea) => sea.scrollHeight <= sea.clientHeight + 1 && sea.scrollWidth <= sea.clientWidth + 1);
  assert.ok(fits, "nothing is out of sight");
  await page.context().close();
});

test("row 64: a card tells of the node under the pointer, can be pointed at and dismissed; its labels filter", async () => {
  const page = await begin();
  const card = page.locator(".hover-card");
  await node(page, "service/default/web").hover();
  await card.waitFor();
  assert.match(await card.innerText(), /Service web, ClusterIP 10\.[^]*app=web/);
  await page.keyboard.press("Escape");
  await card.waitFor({ state: "detached" });
  await node(page, "service/default/cache").hover();
  await card.waitFor();
  await card.hover();
  await page.waitForTimeout(500);
  assert.equal(await card.count(), 1, "it stays while it is pointed at");
  await assertAccessible(page);
  await card.getByRole("button", { name: "app=cache" }).click();
  assert.equal(await page.getByLabel("Filter, as for kubectl -l").inputValue(), "app=cache");
  await page.context().close();
});

test("row 54: a node's menu opens by right click, by its key and by a long press; it acts, and gives the focus back", async () => {
  const page = await begin();
  const menu = page.getByRole("menu");
  await node(page, "service/default/web").click({ button: "right" });
  await menu.waitFor();
  await assertAccessible(page);
  assert.deepEqual((await menu.getByRole("menuitem").allInnerTexts()).slice(0, 3).map((text) => text.split("\n")[0]), ["Details and YAML", "Trace to here", "Describe"]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^Describe/);
  await page.keyboard.press("Enter");
  await menu.waitFor({ state: "detached" });
  await page.waitForFunction(() => /kubectl describe service web/.test(globalThis.portside.transcript()));
  await node(page, "service/default/cache").focus();
  await page.keyboard.press("Shift+F10");
  await menu.waitFor();
  await page.keyboard.press("Escape");
  await menu.waitFor({ state: "detached" });
  assert.equal(await focused(page), "service/default/cache");
  await node(page, "service/default/cache").dispatchEvent("pointerdown", { pointerType: "touch", clientX: 700, clientY: 300 });
  await menu.waitFor();
  await page.mouse.click(20, 20);
  await menu.waitFor({ state: "detached" });
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("the heads of the lanes stay in sight over a chart that is scrolled", async () => {
  const page = await begin([...TWO, ...["a", "b", "c", "d"].flatMap((name) => [`kubectl create deployment ${name} --image=nginx --replicas=3`, `kubectl expose deployment ${name} --port=80`])]);
  const top = () => page.locator(".heads text", { hasText: "EndpointSlice" }).evaluate((text) => Math.round(text.getBoundingClientRect().top));
  const before = await top();
  assert.ok(await page.locator(".sea").evaluate((sea) => { sea.scrollTop = 200; return sea.scrollTop; }) > 100);
  assert.equal(await top(), before);
  await page.context().close();
});

test("row 56: what nobody stands behind is stamped with a square, its notch is red, its row says so too", async () => {
  const page = await begin(["cd ~/modern-devops/ch6/services/", "kubectl apply -f redis-clusterip.yaml", "kubectl run box --rm --restart=Never -it --image=busybox", "telnet redis 6379"]);
  await page.locator(".stretch:not(.ahead) .stamp [href='#v-none']").waitFor({ state: "attached" });
  await page.locator(".stretch:not(.ahead) .sym.fault").waitFor({ state: "attached" });
  assert.equal(await page.locator(".stretch:not(.ahead) .wake.failed").count(), 1);
  assert.equal(await page.locator(".rows tr.now [href='#v-none']").count(), 1);
  await page.locator(".cm-fault", { hasText: "selector:" }).waitFor();
  await page.context().close();
});

test("row 32: the table says the same as the chart", async () => {
  const page = await begin();
  const drawn = await page.locator(".map .node[data-place^='pod/']").evaluateAll((nodes) => nodes.map((n) => n.dataset.place).sort());
  await page.getByRole("button", { name: "Show the chart as a table" }).click();
  const listed = await page.locator(".twin tr[data-place^='pod/']").evaluateAll((rows) => rows.map((r) => r.dataset.place).sort());
  assert.deepEqual(listed, drawn);
  assert.match(await page.locator(".twin tr[data-place='service/default/web']").innerText(), /ClusterIP.*80.*3 of 3 ready/s);
  await assertAccessible(page);
  await page.context().close();
});

test("row 70: the chart is saved as one SVG with its symbols and styles", async () => {
  const page = await begin();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /Save the chart/ }).click()]);
  assert.equal(download.suggestedFilename(), "portside.svg");
  const text = readFileSync(await download.path(), "utf8");
  assert.match(text, /^<svg xmlns=/);
  assert.match(text, /<symbol id="light"/);
  assert.match(text, /--magenta/);
  assert.match(text, />web</);
  await page.context().close();
});

test("row 67: hundreds of Pods are grouped by their workload, and a group unfolds", async () => {
  const page = await begin([], {}, "?speed=0");
  for (let i = 0; i < 7; i++) await page.evaluate((n) => globalThis.portside.type(`kubectl create deployment web-${n} --image=nginx --replicas=45`), i);
  await page.evaluate(() => globalThis.portside.type("kubectl expose deployment web-1 --port=80"));
  await page.evaluate(() => globalThis.portside.step(30000));
  await page.locator(".map", { hasText: "+42" }).first().waitFor();
  assert.ok(await page.locator(".map .node[data-place^='pod/']").count() < 60);
  await page.locator(".map [data-fold='deployment/default/web-1'].node").first().click();
  await page.waitForFunction(() => document.querySelectorAll(".map .node[data-place^='pod/default/web-1-']").length >= 12);
  await assertAccessible(page);
  await page.context().close();
});

test("rows 58 and 69: a word of output is its node, and a line in the logbook is the manifest's", async () => {
  const page = await begin(["cd ~/modern-devops/ch6/services/", "kubectl apply -f redis-clusterip.yaml", "kubectl get svc redis",
    "kubectl run box --rm --restart=Never -it --image=busybox", "telnet redis 6379"]);
  await page.getByRole("button", { name: /^line \d+$/ }).last().click();
  await page.locator(".editor").waitFor();
  await type(page, "\u0004");
  await type(page, "kubectl get svc redis");
  const word = page.locator(".term .word", { hasText: "redis" }).last();
  assert.equal(await word.getAttribute("data-place"), "service/default/redis");
  await word.hover();
  await page.locator(".map .node[data-lit='hover']").waitFor({ state: "attached" });
  assert.match(await page.locator("#hint").textContent(), /^Service redis, ClusterIP 10\.96\.118\.99/);
  await word.click();
  await inspector(page).getByRole("heading", { name: "redis" }).waitFor();
  await page.context().close();
});

test("row 55: a rollout and a packet move for those who like motion", async () => {
  const page = await begin(TWO.slice(0, 2), { reducedMotion: "no-preference" });
  await page.evaluate(() => globalThis.portside.type("kubectl scale deployment web --replicas=4"));
  await page.evaluate(() => globalThis.portside.step(200));
  await page.locator(".pulse.born").first().waitFor({ state: "attached" });
  // The packet is under way: it stands elsewhere at another instant, and leaves its route.
  await page.evaluate(() => globalThis.portside.type("kubectl run box --image=busybox --restart=Never -it --rm -- wget -qO- web"));
  const packet = page.locator(".packet:not(.ahead)");
  await packet.waitFor({ state: "attached" });
  const at = () => packet.evaluate((element) => element.getAttribute("transform"));
  const seen = new Set();
  for (let i = 0; i < 12; i++) { seen.add(await at().catch(() => "")); await page.waitForTimeout(60); }
  assert.ok(seen.size > 3, `it moved: ${[...seen]}`);
  await page.locator(".stretch:not(.ahead) [href='#v-ok']").waitFor({ state: "attached" });
  await page.context().close();
});
