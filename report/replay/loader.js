// Unpacks the program of the page (base64 of RFC 1950) and runs it. The page's policy names the
// program by its hash, as it names this: nothing else would run.
(async () => {
  try {
    const raw = atob(document.getElementById("program").textContent);
    const packed = Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.body.append(script);
  } catch (why) {
    const notice = document.getElementById("notice");
    notice.textContent = `The replay cannot be unpacked; take a browser of 2023 or newer. ${why}`;
    notice.hidden = false;
  }
})();
