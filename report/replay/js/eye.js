// The last image of a camera, with what was found in it: yellow what was believed, red what was not.

import { element } from "./panel.js";

const $ = (id) => document.getElementById(id);
const LEFT_AFTER_S = 30; // an image older than this is history

export class Eye {
  constructor(looks) {
    this.looks = looks || [];
    this.pictures = [];
    this.shown = -1;
    $("eye").hidden = true;
    this.text = [element("p", "", "eye-head"), element("p")];
    $("eye").append(...this.text);
  }

  // The last image that was taken by a time; -1 for none of late.
  at(t_s) {
    let low = 0;
    let high = this.looks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.looks[middle].t_s <= t_s + 1e-6) low = middle + 1;
      else high = middle;
    }
    return low > 0 && t_s - this.looks[low - 1].t_s < LEFT_AFTER_S ? low - 1 : -1;
  }

  show(t_s) {
    const number = this.at(t_s);
    if (number === this.shown) return;
    this.shown = number;
    $("eye").hidden = number < 0;
    if (number < 0) return;
    const look = this.looks[number];
    this.text[0].textContent = `${look.camera} camera, T+${look.t_s.toFixed(1)} s: ${look.use}`;
    this.text[1].textContent = look.text;
    this.text[1].className = look.taken ? "good" : "bad";
    this.draw(number);
  }

  draw(number) {
    const look = this.looks[number];
    if (!this.pictures[number]) {
      const picture = new Image();
      picture.src = look.image;
      picture.onload = () => {
        if (this.shown === number) this.draw(number);
      };
      this.pictures[number] = picture;
      return;
    }
    const picture = this.pictures[number];
    if (!picture.complete || !picture.naturalWidth) return;
    const canvas = $("eye-image");
    canvas.width = picture.naturalWidth;
    canvas.height = picture.naturalHeight;
    const pen = canvas.getContext("2d");
    pen.drawImage(picture, 0, 0);
    for (const [x, y, used] of look.places) {
      pen.strokeStyle = used ? "#ffe945" : "#ff8f86";
      pen.strokeRect(x * canvas.width - 3, y * canvas.height - 3, 6, 6);
    }
  }
}
