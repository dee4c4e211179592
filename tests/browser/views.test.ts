/** The site's views: how one gets from one to the other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Demo, id } from "./demo-page.ts";
import { type Bench, eachEngine } from "./harness/index.ts";

eachEngine("views", suite, { engines: ["chromium", "firefox"] });

function suite(bench: Bench): void {
  const facts = (demo: Demo) =>
    demo.page.evaluate(() => ({
      hash: location.hash,
      title: document.title,
      current: document.querySelector("nav [aria-current=page]")?.textContent,
      main: document.querySelector("main")?.getAttribute("aria-label"),
      focus: document.activeElement?.localName,
    }));

  test("a view is chosen by its link, and the browser's history knows it", async () => {
    const demo = await Demo.open(bench);
    const start = { hash: "", title: "Pipelines · RemoteMedia", current: "Pipelines", main: "Pipelines" };
    assert.deepEqual(await facts(demo), { ...start, focus: "body" });
    await demo.click("view-speech");
    await demo.tab.waitForSelector(id("speech"));
    const speech = { hash: "#/speech", title: "Speech · RemoteMedia", current: "Speech", main: "Speech" };
    assert.deepEqual(await facts(demo), { ...speech, focus: "main" });
    await demo.page.evaluate(() => history.back());
    await demo.tab.waitForSelector(id("console"));
    assert.deepEqual(await facts(demo), { ...start, focus: "main" });
    assert.deepEqual(await demo.complaints(), []);
  });

  test("a view keeps what is in it while another is shown, and a run goes on", async () => {
    const demo = await Demo.open(bench);
    await demo.click("example-mixed");
    await demo.click("run");
    await demo.click("view-speech");
    await demo.tab.waitForSelector(id("speech"));
    assert.equal(await demo.tab.$(id("console")), null);
    await demo.click("view-pipelines");
    assert.equal(await demo.over(), "done", await demo.text("error"));
    assert.equal(((await demo.results()) as unknown[]).length, 3);
  });

  test("keys and drops belong to the view that is shown", async () => {
    const demo = await Demo.open(bench);
    await demo.click("view-speech");
    await demo.tab.waitForSelector(id("sound"));
    const drop = () =>
      demo.page.evaluate(() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["x"], "dropped.wav", { type: "audio/wav" }));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      });
    await drop();
    await demo.tab.waitForSelector(`${id("sound")} ::-p-text(dropped.wav)`);
    await demo.click("view-pipelines");
    await demo.tab.waitForSelector(id("console"));
    assert.equal(await demo.isShown("recordings"), false);
    await demo.tab.keyboard.down("Control");
    await demo.tab.keyboard.press("Enter");
    await demo.tab.keyboard.up("Control");
    assert.equal(await demo.over(), "done", await demo.text("error"));
  });

  test("the link that skips the masthead leads to the view, and leaves the address alone", async () => {
    const demo = await Demo.open(bench);
    await demo.tab.keyboard.press("Tab");
    await demo.tab.keyboard.press("Enter");
    const { hash, focus } = await facts(demo);
    assert.deepEqual({ hash, focus }, { hash: "", focus: "main" });
  });
}
