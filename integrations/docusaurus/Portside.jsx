// A playground for Docusaurus and other React sites: <Portside yaml={text} view="graph" />, or without `yaml` for the fence before it.
// In MDX let `text` be what the page exports or imports: MDX takes indentation away from a text between braces in a tag.
//
// The element is made after React has taken the page over, so that the server's markup and the browser's are the same.

import React, { useEffect, useRef } from "react";

export default function Portside({ yaml, ...attributes }) {
  const host = useRef(null);
  useEffect(() => {
    const element = document.createElement("portside-playground");
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
    }
    if (yaml === undefined) element.setAttribute("for", "prev");
    else {
      const block = document.createElement("pre");
      block.textContent = yaml;
      element.append(block);
    }
    host.current.append(element);
    return () => element.remove();
  }, []);
  return <div ref={host} />;
}
