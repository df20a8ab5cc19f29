// <gw-tabs>: turns the links of .gw-tabs__list and the sections they point at into tabs.
// Without this the links jump and the sections stand one below the other.
class Tabs extends HTMLElement {
  connectedCallback() {
    if (this.hasAttribute("data-on")) return;
    this.list = this.querySelector(".gw-tabs__list");
    this.links = [...this.list.querySelectorAll("a[href^='#']")];
    this.list.setAttribute("role", "tablist");
    for (const link of this.links) {
      const panel = this.panelOf(link);
      const name = panel.getAttribute("aria-label");
      link.id ||= `${panel.id}-tab`;
      link.setAttribute("role", "tab");
      link.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      if (!name) panel.setAttribute("aria-labelledby", link.id);
    }
    this.list.addEventListener("click", (event) => {
      const link = event.target.closest("[role=tab]");
      if (!link) return;
      event.preventDefault();
      this.show(link);
    });
    this.list.addEventListener("keydown", (event) => this.move(event));
    this.setAttribute("data-on", "");
    const asked = this.links.find((link) => link.hash === location.hash);
    this.show(asked ?? this.links[0]);
  }

  panelOf(link) {
    return document.getElementById(link.hash.slice(1));
  }

  show(chosen) {
    for (const link of this.links) {
      const on = link === chosen;
      link.setAttribute("aria-selected", on);
      link.tabIndex = on ? 0 : -1;
      this.panelOf(link).hidden = !on;
    }
    this.dispatchEvent(new CustomEvent("gw-tab", { bubbles: true, detail: { panel: chosen.hash.slice(1) } }));
  }

  move(event) {
    const at = this.links.indexOf(event.target.closest("[role=tab]"));
    if (at < 0) return;
    const last = this.links.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at ? at - 1 : last, Home: 0, End: last, " ": at }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.show(this.links[to]);
    this.links[to].focus();
  }
}

customElements.define("gw-tabs", Tabs);
