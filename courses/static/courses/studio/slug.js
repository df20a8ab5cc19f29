// <gw-slug from="id of a title">: suggests an address from the title until the person writes one.
class Slug extends HTMLElement {
  connectedCallback() {
    const title = document.getElementById(this.getAttribute("from"));
    const field = this.querySelector("input");
    if (!title || !field || field.value) return;
    let suggested = "";
    const suggest = () => {
      if (field.value !== suggested) return;
      suggested = title.value
        .normalize("NFKD")
        .replace(/[\u0300-\u036f]/g, "")
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .slice(0, 75)
        .replace(/^-+|-+$/g, "");
      field.value = suggested;
    };
    title.addEventListener("input", suggest);
    suggest(); // who types fast has begun before this script came
  }
}

customElements.define("gw-slug", Slug);
