// What the browser is asked about a page. One object; each function answers with plain data, cut to size.
({
  short(text, most = 120) {
    return String(text || "").replace(/\s+/g, " ").trim().slice(0, most);
  },

  named(element) {
    const label = element.innerText || element.value || element.getAttribute("aria-label") || element.title;
    return element.tagName.toLowerCase() + " " + this.short(label, 40);
  },

  // axe-core must have been put into the page. `preload` is off: one broken video would hold it up for ten seconds.
  async axe(tags, also) {
    const found = await axe.run(document, {
      runOnly: { type: "tag", values: tags },
      rules: Object.fromEntries(also.map(rule => [rule, { enabled: true }])),
      resultTypes: ["violations", "incomplete"],
      preload: false,
    });
    const node = one => ({ target: this.short(one.target.join(" "), 200), html: this.short(one.html, 200) });
    const rule = one => ({
      id: one.id, impact: one.impact || "", help: this.short(one.help, 200), url: this.short(one.helpUrl, 200),
      count: one.nodes.length, nodes: one.nodes.slice(0, 5).map(node),
    });
    return {
      version: found.testEngine.version,
      violations: found.violations.map(rule),
      incomplete: found.incomplete.map(rule),
      passes: found.passes.map(one => one.id),
    };
  },

  // Marks what a picture is to show: the element that sticks out most of a window that is too narrow.
  mark_widest() {
    const width = document.documentElement.clientWidth;
    let most = null;
    for (const one of [...document.querySelectorAll("body *")].slice(0, 5000)) {
      const shape = one.getBoundingClientRect();
      if (shape.width > 0 && shape.height > 0 && shape.left < width && shape.right > width + 1 &&
        (!most || shape.right > most[0])) most = [shape.right, one];
    }
    if (most) most[1].setAttribute("data-doorstep", "wide");
    return !!most;
  },

  // Marks the strip of an A to Z: the smallest element that holds at least twelve links of one letter.
  mark_strip() {
    const letters = [...document.querySelectorAll("a")].slice(0, 3000).filter(one => /^[a-z]$/i.test(one.innerText.trim()));
    if (letters.length < 12) return false;
    let around = letters[0];
    while (around && around !== document.body && letters.filter(one => around.contains(one)).length < 12)
      around = around.parentElement;
    if (!around) return false;
    around.setAttribute("data-doorstep", "strip");
    return true;
  },

  // A cookie banner or another box over the page, and the button that a person would press to be rid of it: reject.
  banner() {
    const cookie = /cookie|consent|gdpr/i;
    const refuse = /\b(reject|decline|refuse|necessary|essential( cookies)? only|only essential|no,? thank(s| you)|disagree|deny|opt out|dismiss|close)\b/i;
    const accept = /\b(accept|agree|allow|ok|got it|continue)\b/i;
    for (const box of document.querySelectorAll("div, section, aside, dialog, form")) {
      const shape = box.getBoundingClientRect();
      if (shape.width < 200 || shape.height < 30) continue;
      const style = getComputedStyle(box);
      if (style.visibility === "hidden") continue;
      const about = box.id + " " + (box.getAttribute("class") || "") + " " + (box.getAttribute("aria-label") || "");
      const over = /fixed|sticky/.test(style.position) || box.tagName === "DIALOG";
      if (!cookie.test(about) && !(over && cookie.test((box.innerText || "").slice(0, 2000)))) continue;
      const buttons = [...box.querySelectorAll("button, a, input[type=submit], [role=button]")]
        .filter(one => one.getClientRects().length);
      const press = buttons.find(one => refuse.test(one.innerText || one.value || one.getAttribute("aria-label")));
      if (!press && !buttons.some(one => accept.test(one.innerText || one.value || ""))) continue;
      if (press) press.setAttribute("data-refuse", "");
      const seen = Math.max(0, Math.min(shape.bottom, innerHeight) - Math.max(shape.top, 0));
      return {
        words: this.short(box.innerText, 200), refuse: press ? this.short(press.innerText || press.value, 60) : "",
        over, covers: Math.round(100 * seen * Math.min(shape.width, innerWidth) / (innerWidth * innerHeight)),
      };
    }
    return null;
  },

  // How far the page is wider than the window, in CSS pixels, and what sticks out.
  overflow() {
    const width = document.documentElement.clientWidth;
    const beyond = Math.max(document.documentElement.scrollWidth, document.body ? document.body.scrollWidth : 0) - width;
    if (beyond <= 1) return { beyond: 0, what: [] };
    const hidden = [document.documentElement, document.body].some(
      one => one && /hidden|clip/.test(getComputedStyle(one).overflowX));
    const what = [];
    for (const one of document.querySelectorAll("body *")) {
      const shape = one.getBoundingClientRect();
      if (shape.width > 0 && shape.height > 0 && shape.right > width + 1 && shape.left < width) what.push(this.named(one));
      if (what.length > 3) break;
    }
    return { beyond: hidden && !what.length ? 0 : Math.round(beyond), what };
  },

  // Makes all text twice as large and nothing else, for a moment: what text is cut off then that was not before. Where
  // the page means to shorten it (an ellipsis, a line clamp), it is for a person to say whether something is lost.
  enlarged() {
    const worded = [...document.querySelectorAll("body *")].slice(0, 5000).filter(one =>
      one.getClientRects().length && [...one.childNodes].some(part => part.nodeType === 3 && part.data.trim()));
    const hides = value => value === "hidden" || value === "clip";
    const holders = new Set();
    for (const one of worded)
      for (let box = one; box && box !== document.body; box = box.parentElement) holders.add(box);
    const boxes = [...holders].map(one => [one, getComputedStyle(one)]).filter(([one, style]) =>
      one.clientWidth > 20 && one.clientHeight > 8 && (hides(style.overflowX) || hides(style.overflowY)));
    const cut = ([one, style]) => (hides(style.overflowX) && one.scrollWidth > one.clientWidth + 2) ||
      (hides(style.overflowY) && one.scrollHeight > one.clientHeight + 2);
    const before = new Set(boxes.filter(cut));
    const sizes = worded.map(one => [one, one.style.getPropertyValue("font-size"),
      one.style.getPropertyPriority("font-size"), parseFloat(getComputedStyle(one).fontSize)]);
    for (const [one, , , size] of sizes) one.style.setProperty("font-size", 2 * size + "px", "important");
    const after = boxes.filter(box => cut(box) && !before.has(box));
    const meant = ([, style]) => style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
    const told = {
      cut: after.filter(box => !meant(box)).slice(0, 4).map(([one]) => this.named(one)),
      meant: after.filter(meant).slice(0, 4).map(([one]) => this.named(one)),
    };
    for (const [one, size, priority] of sizes) one.style.setProperty("font-size", size, priority);
    return told;
  },

  // Notes how everything looks before it has the focus; what is focused afterwards is compared with that.
  watch_focus() {
    const still = new CSSStyleSheet();
    still.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
    const look = (one, part) => {
      const s = getComputedStyle(one, part);
      // A line that is not drawn has a width and a colour all the same: "outline: 0" changes them and shows nothing.
      const line = (style, width, colour) => style === "none" || parseFloat(width) === 0 ? "" : style + width + colour;
      return [line(s.outlineStyle, s.outlineWidth, s.outlineColor), s.boxShadow, s.backgroundColor, s.backgroundImage,
        line(s.borderTopStyle, s.borderTopWidth, s.borderTopColor),
        line(s.borderBottomStyle, s.borderBottomWidth, s.borderBottomColor), s.textDecorationLine,
        s.textDecorationThickness, s.color, s.opacity, s.transform, s.clip, s.left, s.top].join("|");
    };
    const whole = one => [look(one), look(one, "::before"), look(one, "::after"),
      one.parentElement ? look(one.parentElement) : ""].join("#");
    const before = new Map(), stops = [];
    let pressed = false;
    const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]");
    for (const one of [...all].slice(0, 2000)) before.set(one, whole(one));
    document.addEventListener("keydown", () => { pressed = true; setTimeout(() => { pressed = false }) }, true);
    document.addEventListener("focusin", event => {
      const one = event.target;
      if (!pressed) window.doorstepMoved = true;
      pressed = false;
      if (stops.length >= 200) return;
      const s = getComputedStyle(one);
      const outlined = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0;
      const seen = outlined || before.get(one) !== whole(one), known = before.has(one);
      if (known && !seen && !stops.some(other => other.known && !other.seen)) one.setAttribute("data-doorstep", "unseen");
      stops.push({ name: this.named(one), seen, known });
    }, true);
    window.doorstepStops = stops;
    return before.size;
  },

  stops() {
    return window.doorstepStops || [];
  },

  // Whether the focus went anywhere by no key: something may take it back whenever it is left.
  async moved() {
    await new Promise(done => setTimeout(done, 10));
    return !!window.doorstepMoved;
  },

  // What has the focus when scripts have had their turn; "" where nothing has, or a dialog that waits to be answered.
  async holder() {
    await new Promise(done => setTimeout(done, 100));
    const one = document.activeElement;
    const free = !one || one === document.body || one.closest("dialog, [role=dialog], [role=alertdialog], [aria-modal=true]");
    return free ? "" : one.outerHTML.slice(0, 120);
  },

  // Controls that change contrast or the size of text, and whether the style sheets answer to what the system asks for.
  options() {
    const contrast = /high(er)? contrast|enhanced contrast|contrast (mode|option|settings|theme)|change (the )?(colours?|contrast)|dark mode|recite ?me|browsealoud|readspeaker|accessibility (tools|toolbar|options)/i;
    const size = /text size|larger text|large text|increase text|font size|\bA\+|\bAAA\b|recite ?me|browsealoud|accessibility (tools|toolbar|options)/i;
    const names = [...document.querySelectorAll("a, button, label, select, [role=button]")].slice(0, 3000).map(
      one => this.short([one.innerText, one.title, one.getAttribute("aria-label")].join(" "), 100));
    const media = new Set();
    const walk = rules => {
      for (const rule of rules) {
        if (rule.media && media.size < 500) media.add(rule.media.mediaText);
        if (rule.cssRules) walk(rule.cssRules);
      }
    };
    for (const sheet of document.styleSheets) {
      try { walk(sheet.cssRules) } catch (error) { /* another host's sheet may not be read */ }
    }
    const asked = [...media].join(" ");
    return {
      contrast: names.filter(one => contrast.test(one)).slice(0, 3), size: names.filter(one => size.test(one)).slice(0, 3),
      media: ["prefers-contrast", "forced-colors", "prefers-color-scheme"].filter(one => asked.includes(one)),
    };
  },

  // What the page is made of: images, fields, headings, for shares whose base axe does not tell.
  parts() {
    const shown = one => one.getClientRects().length > 0;
    return {
      title: this.short(document.title, 200),
      images: [...document.images].filter(shown).length,
      fields: [...document.querySelectorAll("input:not([type=hidden]):not([type=submit]):not([type=button])" +
        ":not([type=image]):not([type=reset]), select, textarea")].filter(shown).length,
      viewport: !!document.querySelector("meta[name=viewport]"),
    };
  },

  // Milliseconds from the first byte of the answer until the largest thing was drawn (Largest Contentful Paint).
  drawn() {
    return new Promise(done => {
      const first = performance.getEntriesByType("navigation")[0];
      const since = first ? first.responseStart : 0;
      setTimeout(() => done(null), 1500);
      try {
        new PerformanceObserver(list => {
          const last = list.getEntries().at(-1);
          done(last ? Math.max(0, last.startTime - since) : null);
        }).observe({ type: "largest-contentful-paint", buffered: true });
      } catch (error) { done(null) }
    });
  },
})
