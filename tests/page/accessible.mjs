// The steps of a reader who uses the keyboard alone, a screen reader or a phone.

const TABBED = "button:not(:disabled), select, textarea, input, summary, a[href], [tabindex='0']";
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// Controls that something else lies upon, wherever the page is scrolled to.
function covered(tabbed) {
  const found = [];
  for (const item of document.querySelectorAll(tabbed)) {
    if (!item.checkVisibility() || item.id === "skip") continue;
    item.scrollIntoView({ block: "center" });
    const box = item.getBoundingClientRect();
    const top = document.elementFromPoint((box.left + Math.min(box.right, innerWidth)) / 2, (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2);
    if (!item.contains(top)) found.push(`${item.id || item.outerHTML.slice(0, 60)} lies under ${top?.id || top?.outerHTML.slice(0, 60)}`);
  }
  scrollTo(0, 0);
  return found;
}

export function accessible({ page, context, idle, settled, badge, audit }) {
  const focused = () => page.evaluate(() => document.activeElement.id);
  return {
    // The keyboard alone: a term is switched off, and the focus stays where it was.
    async toggle({ term }) {
      await page.focus(`#jacobian-term-${term}`);
      await page.keyboard.press("Space");
      await settled();
      const hash = await page.evaluate(() => location.hash);
      const marked = await page.evaluate(() => [...document.querySelectorAll("#jacobian-section .body > .formula [class^=term]")].map((part) => part.getAttribute("class")));
      const found = { focused: await focused(), marked, hash };
      await page.keyboard.press("Space");
      await settled();
      return found;
    },
    // Tab alone reaches every control that is seen, each with a visible focus; a claim is typed and checked on the way.
    async keyboard({ claim }) {
      const wanted = await page.evaluate((tabbed) => {
        const seen = [...document.querySelectorAll(tabbed)].filter((item) => item.checkVisibility());
        seen.forEach((item, place) => (item.dataset.place = place));
        document.activeElement.blur();
        return seen.length;
      }, TABBED);
      await page.keyboard.press("Tab");
      const first = await focused();
      const hash = await page.evaluate(() => location.hash);
      await page.keyboard.press("Enter");
      const skipped = { to: await focused(), kept: hash === (await page.evaluate(() => location.hash)) };
      await page.evaluate(() => getSelection().removeAllRanges() ?? document.activeElement.blur());
      const reached = new Set();
      const unmarked = [];
      await page.focus("#skip");
      for (let times = 0; times < wanted + 20; times++) {
        const now = await page.evaluate(() => {
          const item = document.activeElement;
          const style = getComputedStyle(item);
          return { place: item.dataset.place, id: item.id || item.outerHTML.slice(0, 60), outline: style.outlineStyle, width: style.outlineWidth };
        });
        if (now.place === undefined) break;
        reached.add(now.place);
        if (now.outline === "none" || now.width === "0px") unmarked.push(now.id);
        if (now.id === "claim") await page.keyboard.insertText(claim);
        if (now.id === "judge") await page.keyboard.press("Enter");
        await page.keyboard.press("Tab");
      }
      const verdict = await badge("#verdict");
      await idle();
      const missed = await page.evaluate((places) => [...document.querySelectorAll("[data-place]")].filter((item) => !places.includes(item.dataset.place)).map((item) => item.id || item.outerHTML.slice(0, 60)), [...reached]);
      return { first, skipped, wanted, missed, unmarked, verdict };
    },
    // What a screen reader is given: formulas as mathematics, controls by names that differ.
    async spoken() {
      const session = await context.newCDPSession(page);
      const { nodes } = await session.send("Accessibility.getFullAXTree");
      const heard = nodes.filter((node) => !node.ignored);
      const named = (roles) => heard.filter((node) => roles.includes(node.role?.value)).map((node) => node.name?.value ?? "");
      return {
        formulas: heard.filter((node) => node.role?.value === "MathMLMath" || node.role?.value === "math").length,
        identifiers: heard.filter((node) => node.role?.value === "MathMLIdentifier").length,
        visible: await page.evaluate(() => [...document.querySelectorAll("math")].filter((item) => item.checkVisibility()).length),
        controls: named(["button", "combobox", "textbox", "checkbox"]),
      };
    },
    // Faults that the audit must find.
    async planted() {
      await page.evaluate(() => {
        document.querySelector("#input").style.position = "fixed";
        document.querySelector("#input").style.top = "40%";
        document.querySelector("#notes").style.color = "#ddd";
        document.querySelector("#check").append(document.createElement("button"));
        document.querySelector("#results").style.minWidth = "4000px";
      });
    },
    // The rules of axe-core for WCAG 2.2 AA, by day and by night; and nothing is wider than the screen.
    async audited({ widths, shots }) {
      const found = {};
      for (const width of widths) {
        await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
        await settled();
        for (const colorScheme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme });
          await page.evaluate(audit());
          const { violations, passes } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values } }), RULES);
          const hidden = await page.evaluate(covered, TABBED);
          const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          const broken = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
          found[`${width} ${colorScheme}`] = { broken, passed: passes.map(({ id }) => id), wider, hidden };
          if (shots) await page.screenshot({ path: `${shots}/${width}-${colorScheme}.png`, fullPage: true });
        }
      }
      return found;
    },
  };
}
