// What is reached without a pointer, and what is taken away: rows 30, 71, 72, 75 and 78 of the feature table.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertAccessible, editor, launch, manifest, open, started, write } from "./browser.mjs";
import { serveBuilt } from "./server.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serveBuilt()]); });
after(() => Promise.all([browser?.close(), server?.close()]));

const SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n";

async function begin(options = {}, query = "?speed=0") {
  const page = await open(browser, `${server.url}${query}`, options);
  await started(page);
  await editor(page).waitFor({ state: "attached" });
  return page;
}

const type = (page, ...lines) => page.evaluate((lines) => lines.forEach((line) => { portside.type(line); portside.step(3_000); }), lines);
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.className);

test("row 30: the first stops skip to each pane", async () => {
  for (const [name, place] of [["YAML", "manifest-editor"], ["Chart", /node/], ["Terminal", "command"], ["Logbook", "rows"]]) {
    for (const width of [1280, 390]) {
      const page = await begin({ viewport: { width, height: 844 } });
      const skip = page.getByRole("button", { name: `Skip to: ${name}` });
      for (let i = 0; i < 6 && !(await skip.evaluate((button) => button === document.activeElement)); i++) await page.keyboard.press("Tab");
      const { width: drawn } = await skip.boundingBox();
      assert.ok(drawn > 24, "it is seen while it has the focus");
      if (name === "YAML") await assertAccessible(page);
      await page.keyboard.press("Enter");
      await page.waitForFunction((place) => new RegExp(place).test(document.activeElement.id || document.activeElement.getAttribute("class")), typeof place === "string" ? `^${place}$` : place.source);
      await page.context().close();
    }
  }
});

test("row 78: ? shows the keys, / filters, Space halts the clock, Ctrl+S shares; they can be switched off and leave texts alone", async () => {
  const page = await begin({}, "");
  const help = page.getByRole("dialog", { name: /Kubernetes Service playground/ });
  await page.keyboard.press("?");
  await help.waitFor();
  for (const key of ["Ctrl or ⌘ + Enter", "E, T, D, F", "Space"]) await help.getByText(key, { exact: true }).waitFor();
  await assertAccessible(page);
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "detached" });
  await page.locator(".brand").click();
  await page.keyboard.press(" ");
  await page.getByRole("button", { name: "Let the clock run" }).waitFor();
  await page.keyboard.press(" ");
  await page.getByRole("button", { name: "Pause the clock" }).waitFor();
  await page.keyboard.press("/");
  assert.equal(await focused(page), "filter");
  await page.keyboard.type("?/ ");
  assert.equal(await page.locator("#filter").inputValue(), "?/ ", "a text is a text");
  await page.locator("#filter").fill("");
  await page.locator("#command").fill("");
  await page.keyboard.type("echo ? / s");
  assert.equal(await page.locator("#command").inputValue(), "echo ? / s");
  await editor(page).click();
  await page.keyboard.type("?/");
  assert.match(await manifest(page), /\?\//);
  await page.keyboard.press("Control+s");
  await page.getByRole("dialog", { name: "Share" }).waitFor();
  await page.keyboard.press("Escape");
  // Speech input needs them off.
  await page.getByRole("button", { name: "Help and keyboard shortcuts" }).click();
  await help.getByLabel(/^Keys without Ctrl/).uncheck();
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "detached" });
  await page.locator(".brand").click();
  for (const key of ["?", "/", " "]) await page.keyboard.press(key);
  assert.equal(await help.count(), 0);
  await page.locator(".map .node[tabindex='0']").focus();
  const before = await page.evaluate(() => portside.transcript());
  for (const key of ["d", "t"]) await page.keyboard.press(key);
  assert.equal(await page.evaluate(() => portside.transcript()), before);
  await page.keyboard.press("Enter");
  await page.locator(".inspector").waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("the title tells of what is wrong, and of the lesson's step", async () => {
  const page = await begin();
  assert.equal(await page.title(), "Portside");
  await write(page, SERVICE.replace("metadata", "metadta"));
  await page.waitForFunction(() => /^\d problems? · Portside$/.test(document.title));
  await page.goto(`${server.url}?speed=0&lesson=clusterip&step=2`);
  await page.waitForFunction(() => /^Step 2 of \d+ · .+ · Portside$/.test(document.title));
  await page.context().close();
});

test("row 71: on paper the chart, the whole manifest, the transcript and the logbook stand in the light", async () => {
  const page = await begin({ colorScheme: "dark" });
  const long = SERVICE + Array.from({ length: 120 }, (_, i) => `# line ${i}\n`).join("");
  await write(page, long);
  await type(page, "kubectl create deployment web --image=nginx", "kubectl expose deployment web --port=80",
    "kubectl run box --image=busybox --restart=Never -it --rm -- wget -qO- web", ...Array.from({ length: 30 }, (_, i) => `echo said ${i}`));
  await page.emulateMedia({ media: "print" });
  await page.waitForTimeout(300);
  const seen = await page.evaluate(() => {
    const shown = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height > 0);
    const clipped = [".sea", ".term-body", ".rows", "#app"].filter((s) => { const e = document.querySelector(s); return e.scrollHeight > e.clientHeight + 2 && getComputedStyle(e).overflowY !== "visible"; });
    return {
      clipped,
      map: document.querySelector(".map").getBoundingClientRect().width <= innerWidth,
      blocks: shown(".block").length,
      rows: shown(".rows tbody tr").length,
      controls: shown(".btn, .chips, .term-line, .tabs, .skips").map((e) => e.className),
      scheme: getComputedStyle(document.documentElement).colorScheme,
      lines: document.querySelector("#manifest-editor").shadowRoot.querySelectorAll(".cm-line").length,
      code: document.querySelector(".code").getBoundingClientRect().height,
    };
  });
  assert.deepEqual(seen.clipped, []);
  assert.deepEqual(seen.controls, []);
  assert.ok(seen.map, "the chart is as wide as the paper");
  assert.ok(seen.lines > 120 && seen.code > 120 * 18, `the whole manifest: ${seen.lines} lines, ${seen.code} high`);
  assert.equal(seen.blocks, 33);
  assert.ok(seen.rows > 5);
  assert.equal(seen.scheme, "light");
  const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
  assert.ok(pdf.match(/\/Type \/Page\b/g).length >= 3, "it goes on over the page's end");
  await page.context().close();
});

test("row 72: the whole transcript is copied, and saved", async () => {
  const page = await begin({ permissions: ["clipboard-read", "clipboard-write"] });
  const copy = page.getByRole("button", { name: "Copy the transcript" });
  assert.equal(await copy.isDisabled(), true, "there is nothing yet");
  await type(page, "echo one", "echo two");
  await copy.click();
  await page.waitForFunction(() => document.querySelector("#said").textContent === "Copied.");
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /echo one\none\n.*echo two\ntwo\n/);
  assert.equal(text, await page.evaluate(() => portside.transcript()));
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save the transcript" }).click()]);
  assert.equal(download.suggestedFilename(), "portside.txt");
  assert.equal(readFileSync(await download.path(), "utf8"), text);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 75: a copy opens in a new tab, and goes its own way", async () => {
  const page = await begin();
  await type(page, "kubectl create deployment web --image=nginx");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const [copy] = await Promise.all([page.context().waitForEvent("page"), page.getByRole("button", { name: "Open a copy in a new tab" }).click()]);
  await started(copy);
  await copy.waitForFunction(() => /deployment\.apps\/web created/.test(portside.transcript()));
  assert.equal(await copy.evaluate(() => window.opener), null);
  await type(copy, "kubectl delete deployment web");
  await page.keyboard.press("Escape");
  await type(page, "kubectl get deployments");
  assert.match(await page.evaluate(() => portside.transcript()), /\nweb +1\/1/);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("row 44: Reset workspace is asked about once, and forgets files, drafts and settings", async () => {
  const page = await begin({}, "");
  await write(page, SERVICE);
  await editor(page).press("Control+Enter");
  await page.getByText("service/web created").first().waitFor();
  await page.getByRole("button", { name: "Theme: system" }).click();
  await page.getByRole("button", { name: "Files, import and export" }).click();
  await page.getByRole("button", { name: "Reset workspace" }).click();
  await assertAccessible(page);
  await page.getByRole("button", { name: "Keep it" }).click();
  assert.equal(await manifest(page), SERVICE, "nothing happened yet");
  await page.getByRole("button", { name: "Reset workspace" }).click();
  const reloaded = page.waitForEvent("load");
  await page.getByRole("button", { name: "Forget everything" }).click();
  await reloaded;
  await started(page);
  await page.getByRole("button", { name: "Theme: system" }).waitFor();
  assert.notEqual(await manifest(page), SERVICE);
  await page.getByRole("button", { name: "Files, import and export" }).click();
  assert.equal(await page.getByRole("button", { name: /^Restore the draft of/ }).count(), 0);
  await page.context().close();
});

test("row 77: help says against what it is verified, and in what it differs from a real cluster", async () => {
  const page = await begin();
  await page.getByRole("button", { name: "Help and keyboard shortcuts" }).click();
  const help = page.getByRole("dialog");
  await help.getByText(/Verified against Kubernetes v1\.36\.2.*CoreDNS 1\.14\.2/).waitFor();
  await help.getByText(/^No container runs/).waitFor();
  await page.context().close();
});
