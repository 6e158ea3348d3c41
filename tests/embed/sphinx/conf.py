project = "Docs"
html_theme = "alabaster"
html_static_path = ["static"]
html_js_files = [("portside/portside-embed.js", {"async": "async"})]
html_favicon = "static/custom.svg"
