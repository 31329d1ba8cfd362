// First load of the timeline, with the processor slowed down four times: from opening the address until a photo is in view
// and the page is free to answer a click on it.

/** In the page, from before anything else: tells when a photo can be clicked. */
const watch = () => {
  const look = () => {
    const photo = document.querySelector('[data-index="0"]');
    const box = photo?.getBoundingClientRect();
    const hit = box?.width
      ? document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
      : null;
    if (!hit || !photo.contains(hit)) return requestAnimationFrame(look);
    // After the frame that shows it, and whatever else keeps the page from answering.
    setTimeout(() => ready(JSON.stringify({ inside: performance.now() })));
  };
  requestAnimationFrame(look);
};

/** Milliseconds as the person waits, and as the page counts them from when the address was opened. */
export async function firstLoad(browser, address, { rate = 4 } = {}) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  if (rate > 1) await cdp.send('Emulation.setCPUThrottlingRate', { rate });
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  await cdp.send('Runtime.enable');
  await cdp.send('Runtime.addBinding', { name: 'ready' });
  await cdp.send('Page.enable');
  await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${watch})()` });
  const told = new Promise((resolve) => cdp.once('Runtime.bindingCalled', resolve));
  const start = performance.now();
  await cdp.send('Page.navigate', { url: `${address}/photos` });
  const { payload } = await told;
  const took = performance.now() - start;
  const { metrics } = await cdp.send('Performance.getMetrics');
  const spent = (name) => (metrics.find((metric) => metric.name === name)?.value ?? 0) * 1000;
  await context.close();
  return {
    took,
    ...JSON.parse(payload),
    task: spent('TaskDuration'),
    script: spent('ScriptDuration'),
    style: spent('RecalcStyleDuration'),
    layout: spent('LayoutDuration'),
    cpu: spent('ThreadTime'),
  };
}
