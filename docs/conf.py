"""The documentation site: `make docs` builds it into build/site, warnings being errors."""

import sys
from pathlib import Path

from farside.ext.common.version import version as farside_version

sys.path.insert(0, str(Path(__file__).resolve().parent / "_ext"))
import public_names

project = "farside"
author = "the farside developers"
copyright = "the farside developers, MIT licence"
version = release = farside_version()

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "farside_pages",
]
exclude_patterns = ["_templates"]
templates_path = ["_templates"]
nitpicky = True
# `farside.land` is shown twice and lives in farside.flight; Cython writes memoryviews in signatures
nitpick_ignore = [("py:obj", name) for name in public_names.second_names()]
nitpick_ignore_regex = [("py:class", r":1\] \w+")]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # pages of one section begin at its second level

autosummary_generate = True
autosummary_imported_members = True
autosummary_ignore_module_all = False
autosummary_context = {"second_names": public_names.second_names()}
autodoc_typehints = "none"  # numpydoc's tables have them
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# Pages and pictures of docs/gallery are written when the site is built; git ignores them.
sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "image_scrapers": ("gallery_pictures.scrape",),
    "reset_modules": ("gallery_pictures.look",),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
}

mathjax_path = "tex-svg.js"  # farside_pages copies it

html_theme = "pydata_sphinx_theme"
html_title = "farside"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_sidebars = {page: [] for page in ("index", "primer", "architecture")}  # no page below them
html_copy_source = False
html_theme_options = {
    "navigation_depth": 2,
    "show_nav_level": 1,
    "show_toc_level": 2,
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
