// A number of the report shows its claim card on hover, focus and tap: printed, recomputed, raw column, code.
(() => {
  const data = new URL("claim_data.js", document.currentScript.src).href;
  let loading, card, owner;

  const load = () =>
    (loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = data;
      script.onload = () => resolve(window.earlyhelpClaims);
      script.onerror = reject;
      document.head.append(script);
    }));

  const element = (name, text, ...children) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    made.append(...children);
    return made;
  };

  const leading = (text, page) => {
    const link = element("a", text);
    link.href = new URL(`../${page}`, data).href;
    return link;
  };

  // Raw files, readings and assumptions, and claims that conflict lead to where they are explained.
  const linked = (label, text) => {
    if (label === "Raw data")
      return text.split(/(\w+)(?=\.csv)/).map((part, place) =>
        place % 2 ? leading(part, `results/codebook.html#tbl-codebook-${part.replaceAll("_", "-")}`) : part);
    if (label !== "Rests on" && label !== "Conflicts with") return [text];
    return text.split(", ").flatMap((id, place) => {
      const page = label === "Rests on" ? `assumptions.html#${id.toLowerCase()}` : `results/ledger.html#ledger-${id}`;
      const link = leading(id, page);
      return place ? [", ", link] : [link];
    });
  };

  const line = (label, ...content) => {
    const made = element("span", "", element("b", label), " ", ...content);
    made.className = "claim-line";
    return made;
  };

  const close = () => {
    card?.remove();
    owner?.removeAttribute("aria-describedby");
    card = owner = undefined;
  };

  async function open(link) {
    if (owner === link) return;
    close();
    owner = link;
    const { cards, code } = await load();
    const claim = cards[decodeURIComponent(link.hash).replace("#ledger-", "")];
    if (!claim || owner !== link) return;
    // Inline elements only: a number stands in a paragraph.
    card = element("span", "", element("strong", claim.title));
    card.className = "claim-card";
    card.id = "claim-card";
    card.setAttribute("role", "note");
    card.append(...claim.lines.map(([label, text]) => line(label, ...linked(label, text))));
    for (const [target, text] of claim.findings)
      card.append(line("Audit", leading(text, `results/consistency.html#${target}`)));
    if (code[claim.quantity]) {
      const shown = element("code", code[claim.quantity]);
      shown.tabIndex = 0;
      card.append(shown);
    }
    // A table that scrolls would cut it off.
    (link.closest(".pst-scrollable-table-container") ?? link).after(card);
    link.setAttribute("aria-describedby", card.id);
    card.style.left = "0";
    const place = link.getBoundingClientRect();
    const around = card.offsetParent?.getBoundingClientRect() ?? { left: 0, top: 0 };
    const room = document.documentElement.clientWidth - card.offsetWidth - 12;
    card.style.left = `${Math.max(8, Math.min(place.left, room)) - around.left}px`;
    // Below the number; above it where only there the window has room.
    const bar = document.querySelector(".bd-header-article")?.getBoundingClientRect().bottom ?? 0;
    const below = place.bottom - 1, above = place.top - card.offsetHeight + 1;
    const fits = below + card.offsetHeight <= document.documentElement.clientHeight;
    const top = fits || above < bar ? below : above;
    card.style.top = `${top - around.top + (card.offsetParent?.scrollTop ?? window.scrollY)}px`;
    card.addEventListener("pointerleave", close);
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const link of document.querySelectorAll('.bd-article a[href*="#ledger-"]')) {
      if (link.textContent === "Ledger") continue;
      link.removeAttribute("title");
      link.classList.add("claim");
      link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && open(link));
      link.addEventListener("focus", () => open(link));
      link.addEventListener("pointerleave", (event) => {
        if (!card?.contains(event.relatedTarget) && event.pointerType === "mouse") close();
      });
      // A first tap shows the card, a second follows the link.
      let tapped = false;
      link.addEventListener("pointerdown", (event) => {
        tapped = event.pointerType !== "mouse" && owner !== link;
      });
      link.addEventListener("click", (event) => {
        if (tapped) event.preventDefault();
        tapped = false;
      });
    }
    document.addEventListener("keydown", (event) => event.key === "Escape" && close());
    document.addEventListener("pointerdown", (event) => {
      if (card && !card.contains(event.target) && event.target.closest("a") !== owner) close();
    });
    document.addEventListener("focusin", (event) => {
      if (card && event.target !== owner && !card.contains(event.target)) close();
    });
  });
})();
