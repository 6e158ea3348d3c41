// The editor, as a reader uses it: rows 1 to 3, 5 to 8, 10 to 14 and 73 of the feature table.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, editor, launch, manifest, open, started, write } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

const SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n  - port: 80\n";

async function begin(options = {}, query = "?speed=0") {
  const page = await open(browser, `${server.url}${query}`, options);
  await started(page);
  await editor(page).waitFor();
  return page;
}

const proposals = (page) => page.locator(".cm-tooltip-autocomplete li");

test("rows 1 to 3: YAML is coloured; an unknown field is underlined, marked, listed, and mended by its button", async () => {
  const page = await begin();
  await write(page, SERVICE.replace("metadata", "metadta"));
  await page.locator(".cm-problem", { hasText: "did you mean metadata?" }).waitFor();
  await page.locator(".cm-lintRange-error", { hasText: "metadta" }).waitFor();
  await page.locator(".cm-lint-marker-error").first().waitFor();
  const colour = (text) => page.locator(".cm-line span", { hasText: text }).first().evaluate((element) => getComputedStyle(element).color);
  assert.notEqual(await colour("kind"), await page.locator(".cm-line").first().evaluate((element) => getComputedStyle(element).color));
  await assertAccessible(page);
  await page.locator(".cm-problem").getByRole("button", { name: "Change to metadata" }).click();
  await page.locator(".cm-problem").waitFor({ state: "detached" });
  assert.equal(await manifest(page), SERVICE);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 2: what is wrong stands under its line and at the chart's foot, from where the applied text comes back", async () => {
  const page = await begin();
  const offer = page.locator(".offer");
  await offer.waitFor();
  await write(page, SERVICE);
  await editor(page).press("Control+Enter");
  await page.getByText("service/web created").first().waitFor();
  await write(page, SERVICE.replace("spec:", " spec:"));
  const strip = page.locator(".refusal");
  await strip.filter({ hasText: "cannot be read:" }).waitFor();
  assert.match(await strip.innerText(), /^Line \d+ cannot be read: (?!error converting)[^]* The chart shows what was last applied\./);
  assert.equal(await page.locator(".chart-body.stale").count(), 1, "the chart is veiled");
  await page.locator(".cm-problem").waitFor();
  await assertAccessible(page);
  await strip.getByRole("button", { name: "Restore applied text" }).click();
  await strip.waitFor({ state: "detached" });
  assert.equal(await manifest(page), SERVICE);
  await editor(page).press("Control+z");
  await strip.waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 7: undo goes back over a fix, a tab has its own history", async () => {
  const page = await begin();
  const faulty = SERVICE.replace("metadata", "metadta");
  await write(page, faulty);
  await page.locator(".cm-problem").getByRole("button", { name: "Change to metadata" }).click();
  await page.locator(".cm-problem").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "New file" }).click();
  await write(page, "a: b\n");
  await page.getByRole("tab", { name: "redis-clusterip.yaml" }).click();
  await page.waitForFunction((text) => portside.manifest() === text, SERVICE);
  await editor(page).press("Control+z");
  await page.waitForFunction((text) => portside.manifest() === text, faulty);
  await editor(page).press("Control+y");
  await page.waitForFunction((text) => portside.manifest() === text, SERVICE);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 5: fields, fixed choices and names of the cluster are proposed; row 6: a field is explained", async () => {
  const page = await begin();
  await write(page, `${SERVICE}`);
  await editor(page).press("Control+End");
  await page.keyboard.type("  sessionAff");
  await proposals(page).first().waitFor();
  assert.match(await proposals(page).first().textContent(), /^sessionAffinity/);
  await page.waitForTimeout(150); // the list takes keys only after a moment, lest it take what was meant for the text
  await page.keyboard.press("Enter");
  await page.locator(".cm-tooltip-autocomplete li", { hasText: "ClientIP" }).waitFor();
  await page.waitForTimeout(150);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.match(await manifest(page), /sessionAffinity: ClientIP$/);
  await page.keyboard.press("Enter");
  await page.keyboard.type("selector:");
  await page.keyboard.press("Enter");
  await page.keyboard.type("  k8s-");
  await page.keyboard.press("Control+Space");
  await page.locator(".cm-line span", { hasText: /^port$/ }).hover();
  await page.locator(".cm-field", { hasText: "spec.ports.port" }).waitFor();
  assert.match(await page.locator(".cm-field").textContent(), /integer.*clients dial/);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("the editor can be left: Esc, then Tab", async () => {
  const page = await begin();
  await editor(page).click();
  await page.keyboard.press("Control+End");
  const before = await manifest(page);
  await page.keyboard.press("Tab");
  assert.notEqual(await manifest(page), before, "Tab indents");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  assert.notEqual(await page.evaluate(() => document.activeElement.id), "manifest-editor");
  await page.context().close();
});

test("Ctrl+Enter applies; what differs from the cluster is told; Apply as I type and Mirror keep them together", async () => {
  const page = await begin();
  const drift = page.locator(".drifts");
  await write(page, `${SERVICE}---\n${SERVICE.replace("name: web", "name: other")}`);
  await drift.filter({ hasText: "2 not in the cluster" }).waitFor();
  await editor(page).press("Control+Enter");
  await drift.filter({ hasText: "As in the cluster" }).waitFor();
  await write(page, SERVICE.replace("port: 80", "port: 81"));
  await drift.filter({ hasText: "1 changed, 1 only in the cluster" }).waitFor();
  await drift.getByRole("button").click();
  await page.locator(".term", { hasText: "diff -u -N" }).waitFor();
  await page.getByLabel("Apply as I type").check();
  await drift.filter({ hasText: /^1 only in the cluster$/ }).waitFor();
  await page.getByLabel("Mirror").check();
  await drift.filter({ hasText: "As in the cluster" }).waitFor();
  await page.evaluate(() => portside.type("kubectl get services"));
  assert.doesNotMatch(await page.evaluate(() => portside.transcript().split("kubectl get services").pop()), /other/);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("applying while the terminal is inside a Pod leaves it there", async () => {
  const page = await begin();
  await page.evaluate(() => portside.type("kubectl run box --image=busybox --restart=Never -it -- sh"));
  await page.locator(".term-line .p", { hasText: "/ #" }).waitFor();
  await editor(page).press("Control+Enter");
  await page.getByText("service/redis created").first().waitFor();
  await page.locator(".term-tab button", { hasText: /box/ }).click();
  await page.locator(".term-line .p", { hasText: "/ #" }).waitFor();
  await page.context().close();
});

test("row 10: files are dropped, and opened with a button", async () => {
  const page = await begin();
  const data = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "dropped.yaml", { type: "text/yaml" }));
    return transfer;
  }, SERVICE);
  await page.locator(".editor").dispatchEvent("drop", { dataTransfer: data });
  await page.getByRole("tab", { name: "dropped.yaml" }).waitFor();
  assert.equal(await manifest(page), SERVICE);
  await page.getByRole("button", { name: "Files, import and export" }).click();
  await page.locator("#open-file").setInputFiles({ name: "chosen.yaml", mimeType: "text/yaml", buffer: Buffer.from("a: b\n") });
  await page.getByRole("tab", { name: "chosen.yaml" }).waitFor();
  assert.equal(await manifest(page), "a: b\n");
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 11: a dump of a real cluster is restored as it was found", async () => {
  const page = await begin();
  const dump = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: default, uid: "1"}\n- apiVersion: v1\n  kind: Service\n  metadata: {name: found, namespace: default, uid: "2", resourceVersion: "7"}\n  spec: {clusterIP: 10.43.0.9, clusterIPs: [10.43.0.9], type: ClusterIP, ports: [{port: 80, protocol: TCP, targetPort: 80}]}\n`;
  await page.getByRole("button", { name: "Files, import and export" }).click();
  await page.locator("#restore-dump").setInputFiles({ name: "dump.yaml", mimeType: "text/yaml", buffer: Buffer.from(dump) });
  await page.getByText("The cluster takes over what the dump shows").waitFor();
  await page.keyboard.press("Escape");
  await page.evaluate(() => portside.type("kubectl get service found"));
  await page.waitForFunction(() => /found +ClusterIP +10\.43\.0\.9/.test(portside.transcript()));
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 11: a List as kubectl get -o yaml prints it is opened as a file and applied", async () => {
  const page = await begin();
  const list = `apiVersion: v1
items:
- apiVersion: v1
  kind: Service
  metadata:
    annotations:
      kubectl.kubernetes.io/last-applied-configuration: |
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"found","namespace":"default"},"spec":{"ports":[{"port":80}]}}
    creationTimestamp: "2026-03-01T10:00:00Z"
    managedFields:
    - apiVersion: v1
      fieldsType: FieldsV1
      fieldsV1: {"f:spec": {"f:ports": {".": {}}}}
      manager: kubectl
      operation: Update
      time: "2026-03-01T10:00:00Z"
    name: found
    namespace: default
    uid: 7d0f9a3e-0000-4000-8000-000000000001
  spec:
    ports:
    - port: 80
      protocol: TCP
      targetPort: 80
    selector:
      app: web
    type: ClusterIP
  status:
    loadBalancer: {}
kind: List
metadata:
  resourceVersion: ""
`;
  await page.getByRole("button", { name: "Files, import and export" }).click();
  await page.locator("#open-file").setInputFiles({ name: "list.yaml", mimeType: "text/yaml", buffer: Buffer.from(list) });
  await page.getByRole("tab", { name: "list.yaml" }).waitFor();
  assert.equal(await page.locator(".cm-problem:not(.odd)").count(), 0, "nothing in it is an error");
  await editor(page).press("Control+Enter");
  await page.getByText("service/found created").first().waitFor();
  await page.locator(".map .node[data-place~='service/default/found']").waitFor({ state: "attached" });
  // What the server adds does not go out again.
  await page.getByRole("button", { name: "Files, import and export" }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save YAML: The whole cluster" }).click()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  const clean = Buffer.concat(chunks).toString();
  assert.match(clean, /name: found/);
  assert.doesNotMatch(clean, /status|managedFields|uid|resourceVersion|creationTimestamp|last-applied/);
  // It makes the same again in a cluster that knows nothing of it.
  const fresh = await begin();
  await write(fresh, clean);
  await editor(fresh).press("Control+Enter");
  await fresh.getByText("service/found created").first().waitFor();
  assert.deepEqual([...page.complaints, ...fresh.complaints], []);
  await fresh.context().close();
  await page.context().close();
});

test("rows 12 to 14: the way out is clean YAML, a command, a script for a real cluster", async () => {
  const page = await begin({ permissions: ["clipboard-read", "clipboard-write"] });
  await write(page, SERVICE);
  await editor(page).press("Control+Enter");
  await page.getByText("service/web created").first().waitFor();
  await page.getByRole("button", { name: "Files, import and export" }).click();
  await assertAccessible(page);
  const saved = async (name) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  const clean = await saved("Save YAML: The whole cluster");
  assert.match(clean, /kind: Service/);
  assert.doesNotMatch(clean, /uid|resourceVersion|clusterIP|status|managedFields/);
  assert.match(await saved("Script for kind: These files"), /^#!\/usr\/bin\/env bash[^]*kind create cluster[^]*web\.default/);
  assert.match(await saved("Script for minikube: The whole cluster"), /minikube start/);
  await page.getByRole("button", { name: "Copy as command: These files" }).click();
  await page.getByText("Copied.").waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^kubectl apply -f - <<'EOF'\n/);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 8: a template of the gallery opens, is applied, and gives a line to try", async () => {
  const page = await begin();
  await page.getByRole("button", { name: "Templates" }).click();
  await page.getByRole("button", { name: /^Three tiers/ }).waitFor();
  assert.ok(await page.locator(".cards li").count() >= 10);
  await assertAccessible(page);
  await page.getByRole("button", { name: /^One Service/ }).click();
  await page.getByText("service/web created").first().waitFor();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.locator(".chips button", { hasText: "wget -qO- web" }).waitFor();
  assert.match(await manifest(page), /^# One Service/);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 73: drafts are kept before each step, and one is restored", async () => {
  const page = await begin({}, "");
  await write(page, SERVICE);
  await editor(page).press("Control+Enter");
  await page.getByText("service/web created").first().waitFor();
  await write(page, "oops: gone\n");
  await page.getByRole("button", { name: "Files, import and export" }).click();
  await page.getByRole("button", { name: /^Restore the draft of/ }).first().click();
  await page.waitForFunction((text) => portside.manifest() === text, SERVICE);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("the plain text area is there for those who choose it", async () => {
  const page = await begin();
  await page.getByRole("button", { name: "Files, import and export" }).click();
  await page.getByLabel("Use the plain text area").check();
  await page.keyboard.press("Escape");
  const area = page.locator("textarea#manifest");
  await area.fill(SERVICE.replace("metadata", "metadta"));
  await page.locator(".problems").getByRole("button", { name: "Change to metadata" }).click();
  await page.waitForFunction(() => document.getElementById("manifest").value.includes("metadata:"));
  await assertAccessible(page);
  await area.press("Control+Enter");
  await page.getByText("service/web created").first().waitFor();
  await page.reload();
  await started(page);
  await area.waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("the cluster's settings edit the real objects", async () => {
  const page = await begin();
  const ask = async (line) => {
    await page.evaluate((line) => portside.type(line), line);
    return page.evaluate((line) => portside.transcript().split(line).pop(), line);
  };
  await page.getByRole("button", { name: "Cluster", exact: true }).click();
  await assertAccessible(page);
  await page.getByLabel("Zone of node-2").fill("east");
  await page.getByLabel("Zone of node-2").press("Enter");
  await page.getByRole("button", { name: "Add a node" }).click();
  await page.getByRole("button", { name: "Cordon node-3" }).click();
  await page.getByRole("button", { name: "Uncordon node-3" }).waitFor();
  const nodes = await ask("kubectl get nodes -L topology.kubernetes.io/zone");
  assert.match(nodes, /node-2 .*east/);
  assert.match(nodes, /node-3 +Ready,SchedulingDisabled/);
  assert.match(nodes, /node-4/);
  const corefile = page.getByLabel("Corefile of cluster DNS");
  await corefile.fill((await corefile.inputValue()).replace("cache 30", "cache 5"));
  await page.getByRole("button", { name: "Write the ConfigMap" }).click();
  assert.match(await ask("kubectl get configmap coredns -n kube-system -o yaml"), /cache 5/);
  await page.getByLabel("Service subnet").fill("nonsense");
  await page.getByRole("button", { name: "Build the cluster anew" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Build the cluster anew" }).click();
  await page.getByText("The cluster is as it was").waitFor();
  await page.getByLabel("Service subnet").fill("10.43.0.0/16");
  await page.getByLabel("DNS domain").fill("acme.internal");
  await page.getByLabel("kube-proxy's mode").selectOption("nftables");
  await page.getByRole("button", { name: "Build the cluster anew" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Build the cluster anew" }).click();
  await page.getByText("was built anew").waitFor();
  assert.match(await ask("kubectl get service kubernetes"), /10\.43\.0\.1/);
  assert.match(await ask("cat ~/kubeadm.yaml"), /dnsDomain: acme\.internal[^]*mode: nftables/);
  await page.getByRole("button", { name: "Let a minute pass" }).click();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
