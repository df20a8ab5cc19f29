// <gw-film youtube="id" name="Title"><button hidden>Play …</button> <a>Watch it on YouTube</a></gw-film>:
// the button puts the player in its place. Until then nothing is fetched from the provider.
class Film extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const player = document.createElement("iframe");
      player.src = `https://www.youtube-nocookie.com/embed/${this.getAttribute("youtube")}?autoplay=1&cc_load_policy=1&hl=${document.documentElement.lang}`;
      player.title = this.getAttribute("name");
      player.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
      player.allowFullscreen = true;
      player.referrerPolicy = "strict-origin-when-cross-origin"; // the provider refuses to play without
      const stage = document.createElement("div");
      stage.className = "gw-room__stage";
      stage.append(player);
      this.replaceChildren(stage);
      player.focus();
    });
  }
}

customElements.define("gw-film", Film);
