// Where the search box of a page is, what opens it, and what is pressed beside it. One object of functions.
({
  shown(element) {
    return element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
  },

  // Marks the likeliest search box and tells how likely it is; 0: there is none.
  box() {
    const about = /search|find|looking for/i;
    const other = new RegExp("newsletter|subscri|e-?mail|post ?code|address|log ?in|password|councillor|planning app|" +
      "vacanc|uprn|comment", "i");
    const named = /^(q|qt|query|s|st|k|keys?|keywords?|terms?|words|find|.*sb_q)$|search/i;
    document.querySelectorAll("[data-search-box]").forEach(one => one.removeAttribute("data-search-box"));
    let best = null;
    for (const field of [...document.querySelectorAll("input")].slice(0, 500)) {
      const kind = field.type || "text";
      if (kind !== "text" && kind !== "search") continue;
      const form = field.form;
      const near = [field.name, field.id, field.placeholder, field.title, field.getAttribute("aria-label"),
        ...(field.labels ? [...field.labels].map(label => label.textContent) : [])].join(" ");
      const names = ["id", "class", "role", "action", "aria-label"];
      const context = form ? names.map(name => form.getAttribute(name)).join(" ") : "";
      let points = kind === "search" ? 3 : 0;
      if (form && form.getAttribute("role") === "search") points += 3;
      if (named.test(field.name || "") || named.test(field.id || "")) points += 2;
      if (about.test(near)) points += 2;
      if (/search/i.test(context)) points += 1;
      if (other.test(near + " " + context)) points -= 6;
      if (this.shown(field)) points += 0.5;  // of two that are alike, the one that can be seen
      if (points >= 3 && (!best || points > best[0])) best = [points, field];
    }
    if (!best) return 0;
    best[1].setAttribute("data-search-box", "");
    return Math.round(10 * best[0]);
  },

  // Marks what may open a box that cannot be seen, likeliest first, and tells how many there are.
  toggles() {
    const word = /search/i;
    const box = document.querySelector("[data-search-box]");
    const own = box && box.form;
    const likely = [...document.querySelectorAll("button, a, summary, label, [role=button]")].slice(0, 3000)
      .filter(one => this.shown(one) && !(own && own.contains(one)))
      .map(one => {
        const said = [one.getAttribute("aria-label"), one.title, one.innerText].join(" ").slice(0, 80);
        const made = [one.id, one.getAttribute("class"), one.getAttribute("aria-controls"), one.getAttribute("data-target"),
          ...[...one.querySelectorAll("*")].slice(0, 5).map(part => part.getAttribute("class"))].join(" ");
        const controls = box && one.getAttribute("aria-controls") &&
          document.getElementById(one.getAttribute("aria-controls"))?.contains(box);
        return [(controls ? 4 : 0) + (word.test(said) ? 2 : 0) + (word.test(made) ? 1 : 0), one];
      })
      .filter(([points]) => points > 0).sort((one, other) => other[0] - one[0]).slice(0, 3);
    likely.forEach(([, one], number) => one.setAttribute("data-search-toggle", number));
    return likely.length;
  },

  // The button that belongs to the box: its form's, else one near by that says so.
  button_of(box) {
    const sends = "button:not([type=button]):not([type=reset]), input[type=submit], input[type=image]";
    const says = /search|\bgo\b|find|submit/i;
    if (box.form) {
      const own = [...box.form.querySelectorAll(sends)].filter(one => this.shown(one));
      const after = own.find(one => box.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
      if (own.length) return after || own[0];
    }
    for (let near = box.parentElement, steps = 0; near && steps < 3; near = near.parentElement, steps += 1) {
      const found = [...near.querySelectorAll("button, input[type=button], input[type=submit], a, [role=button]")].find(one =>
        this.shown(one) && says.test([one.innerText, one.value, one.title, one.getAttribute("aria-label"),
          one.getAttribute("class")].join(" ")));
      if (found) return found;
    }
    return null;
  },

  // Where the box is in the window: left and top in CSS pixels; null when it cannot be seen.
  place() {
    const box = document.querySelector("[data-search-box]");
    if (!box || !this.shown(box)) return null;
    const shape = box.getBoundingClientRect();
    return [Math.round(shape.left + scrollX), Math.round(shape.top + scrollY)];
  },
})
