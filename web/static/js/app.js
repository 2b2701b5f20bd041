// What the pages do beyond what HTML does. Everything works without it.
"use strict";
(() => {
  const one = (selector, from = document) => from.querySelector(selector);
  const dollars = (cents) => "$" + Math.trunc(cents / 100).toLocaleString("en-US");
  const short = (cents) =>
    dollars(cents) + (cents % 100 ? "." + String(cents % 100).padStart(2, "0") : "");

  // ---- The form -----------------------------------------------------------

  // The same integers, in the same order, as the server's fee: the amount
  // shown here is the amount that will be charged.
  const feeOf = (total, points, fixed) => {
    const scaled = total * points + 5000;
    return (scaled - (scaled % 10000)) / 10000 + fixed;
  };
  const covering = (gift, points, fixed) => {
    let total = gift + feeOf(gift, points, fixed);
    for (let left; (left = total - feeOf(total, points, fixed)) < gift; ) total += gift - left;
    while (total > gift && total - 1 - feeOf(total - 1, points, fixed) >= gift) total--;
    return total;
  };

  // Cents of an amount as typed, or 0 for what the server would refuse.
  const cents = (typed) => {
    const s = typed.trim().replace(/^\$\s*/, "");
    const m = /^(\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+)(?:\.(\d{0,2}))?$/.exec(s);
    if (!m) return 0;
    const whole = Number(m[1].replace(/[, ]/g, ""));
    return whole > 999999999 ? 0 : whole * 100 + Number(((m[2] || "") + "00").slice(0, 2));
  };

  const newKey = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  };

  const form = one(".give form");
  if (form) {
    const button = one("button[type=submit]", form);
    const plain = button.textContent;
    const cover = one("#cover_fees", form);
    const coverText = one("label[for=cover_fees]", form);
    const rough = coverText.textContent;
    const terms = [...form.querySelectorAll(".terms strong")].map((e) => [e, e.textContent]);
    const typed = one("#other_amount", form);
    const key = form.elements.form_key;
    const points = Number(form.dataset.basisPoints);
    const fixed = Number(form.dataset.fixedCents);
    let busy = false;

    const frequency = () =>
      (one("[name=frequency]:checked", form) || one("[name=frequency]", form)).value;
    const frequencies = form.querySelectorAll("[type=radio][name=frequency]");
    const group = () => `[name=${frequency()}_amount]`;

    const gift = () => {
      const picked = one(group() + ":checked", form);
      if (picked && picked.value !== "other") return cents(picked.value);
      return cents(typed.value);
    };

    const label = () => {
      const amount = gift();
      const total = amount && covering(amount, points, fixed);
      coverText.textContent = amount
        ? coverText.dataset.exact.replace("{fee}", short(total - amount)).replace("{gift}", short(amount))
        : rough;
      const charged = short(cover.checked ? total : amount);
      terms.forEach(([e, unknown]) => {
        e.textContent = amount ? e.dataset.exact.replace("{amount}", charged) : unknown;
      });
      button.textContent = busy
        ? button.dataset.busy
        : amount
          ? button.dataset[frequency()].replace("{amount}", charged)
          : plain;
      button.setAttribute("aria-disabled", busy);
    };

    form.addEventListener("input", (event) => {
      // An amount that was typed stays chosen when the frequency changes.
      if ([typed, ...frequencies].includes(event.target) && typed.value.trim()) {
        one(group() + "[value=other]", form).checked = true;
      } else if (event.target.type === "radio" && event.target.name === frequency() + "_amount" &&
          event.target.value !== "other") {
        typed.value = ""; // one amount is chosen, so the other is taken back
      }
      // A key stands for one set of choices. After a change it is another gift.
      key.value = "";
      label();
    });
    // The same choices sent again from the same page are the same gift, also
    // when the browser has forgotten the page and loads it anew on the way
    // back: its entry in the history remembers the key.
    const choices = () =>
      JSON.stringify([...new FormData(form)].filter(([name]) => name !== "form_key"));
    form.addEventListener("submit", (event) => {
      if (busy) return event.preventDefault();
      const sent = choices();
      const before = history.state;
      key.value = key.value || (before && before.sent === sent && before.key) || newKey();
      history.replaceState({ sent, key: key.value }, "");
      busy = true;
      label();
    });
    // Also when the reader comes back from the payment page.
    addEventListener("pageshow", () => {
      busy = false;
      label();
    });
    label();
  }

  // ---- The tracker --------------------------------------------------------

  const shapeOf = (p, t) => {
    if (p.status === "upcoming" || p.status === "ended") return p.status;
    if (p.raised >= p.goal) return "reached";
    if (!p.gifts || p.raised <= 0) return "none";
    if (p.percent >= 80) return "near";
    return p.percent < Number(t.dataset.barFrom) ? "early" : "way";
  };

  const settle = (p) => {
    const t = one("#ticker");
    const show = (name, text) =>
      t.querySelectorAll(`[data-show=${name}]`).forEach((e) => {
        if (e.textContent !== text) e.textContent = text;
      });
    show("raised", dollars(Math.max(0, p.raised)));
    show("togo", dollars(p.goal - Math.trunc(p.raised / 100) * 100));
    show("readers", p.donors.toLocaleString("en-US") + " " + (p.donors === 1 ? t.dataset.reader : t.dataset.readers));
    show("have", p.donors === 1 ? "has" : "have");
    if (p.gifts > Number(t.dataset.gifts)) {
      const time = new Intl.DateTimeFormat("en-US", { timeZone: t.dataset.zone, hour: "numeric", minute: "2-digit" })
        .format(new Date(p.updated_at)).replace(/\s*AM/, "\u00a0a.m.").replace(/\s*PM/, "\u00a0p.m.");
      show("last", time + "\u00a0" + t.dataset.zoneName);
    }
    t.dataset.gifts = p.gifts;
    show("pending", p.pending < 100 ? "" : dollars(p.pending));
    t.querySelectorAll("p.coming").forEach((e) => (e.hidden = p.pending < 100));
    const fill = one(".bar .fill", t);
    if (!fill) return;
    t.classList.add("settled"); // figures move without a show, also downwards
    const goal = Number(t.dataset.goal);
    const scale = p.raised < goal
      ? goal
      : Math.max(Number(t.dataset.stretch), p.raised + Math.trunc((p.raised * 15) / 100));
    const along = (cents) => Math.min(100000, Math.max(0, Math.floor((cents * 100000) / scale)));
    fill.setAttribute("width", along(p.raised));
    one("line", t).setAttribute("x1", along(p.raised));
    one("line", t).setAttribute("x2", Math.max(along(p.raised), along(p.raised + p.pending)));
    const mark = one(".bar .mark", t);
    if (mark) mark.setAttribute("x", Math.floor((goal * 100000) / scale));
    one(".bar", t).setAttribute("aria-label", Math.floor(p.percent).toLocaleString("en-US") + "% of the goal");
  };

  // A tracker of another shape has other words, and those are the server's.
  let newest;
  let asking = false;
  const fits = (t, p) =>
    t.dataset.state === shapeOf(p, t) && Number(t.dataset.days) === p.days_left && !("stale" in t.dataset);
  const follow = async (tries = 0) => {
    if (fits(one("#ticker"), newest)) return settle(newest);
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch("/", { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = one("#ticker", page);
      // A campaign that has opened has a form, which a script need not rebuild.
      if (answer.ok && one("#give", page) && !one("#give")) return location.reload();
      if (answer.ok && fresh) {
        fresh.classList.add("settled");
        one("#ticker").replaceWith(fresh);
      }
    } catch {
      // The stream will bring the next chance.
    }
    asking = false;
    if (fits(one("#ticker"), newest)) settle(newest);
    else if (tries < 4) setTimeout(follow, 1000 * 2 ** tries, tries + 1);
  };

  const ticker = one("#ticker[data-live]");
  if (ticker && window.EventSource) {
    let stream;
    const watch = () => {
      const wanted = document.visibilityState === "visible";
      if (wanted && !stream) {
        stream = new EventSource(ticker.dataset.live);
        stream.addEventListener("progress", (event) => {
          newest = JSON.parse(event.data);
          follow();
        });
      } else if (!wanted && stream) {
        stream.close();
        stream = undefined;
      }
    };
    document.addEventListener("visibilitychange", watch);
    addEventListener("pagehide", () => {
      if (stream) stream.close();
      stream = undefined;
    });
    addEventListener("pageshow", watch);
  }

  // ---- After payment ------------------------------------------------------

  const waiting = one("#waiting");
  if (waiting) {
    const pauses = [1, 2, 3, 5, 8, 13, 13, 13]; // seconds; a minute in all
    const address = location.pathname.replace(/\/$/, "") + "/status";
    const ask = async () => {
      if (document.visibilityState === "hidden") {
        return document.addEventListener("visibilitychange", ask, { once: true });
      }
      try {
        const answer = await fetch(address, { cache: "no-store" });
        const { status } = await answer.json();
        if (answer.ok && status && status !== waiting.dataset.status) return location.reload();
      } catch {
        // Ask again at the next turn.
      }
      next();
    };
    const next = () => {
      if (pauses.length) return setTimeout(ask, 1000 * pauses.shift());
      one("h1", waiting).textContent = waiting.dataset.lateTitle;
      one(".said", waiting).textContent = waiting.dataset.lateText;
    };
    next();
    // A reader who asks is told the answer: it stands in the heading.
    one("a", waiting).addEventListener("click", (event) => {
      event.preventDefault();
      history.replaceState({ asked: true }, "");
      location.reload();
    });
  }
  if (history.state && history.state.asked) {
    history.replaceState(null, "");
    one("h1").tabIndex = -1;
    one("h1").focus();
  }

  const print = one("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }

  const copy = one("[data-copy]");
  if (copy && navigator.clipboard) {
    const said = copy.textContent;
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      const field = one("#" + copy.dataset.copy);
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        return; // the link stands selected, ready to be copied by hand
      }
      copy.textContent = one("#copied").textContent = copy.dataset.done;
      setTimeout(() => {
        copy.textContent = said;
        one("#copied").textContent = "";
      }, 3000);
    });
  }
})();
