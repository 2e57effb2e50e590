"""`portal-widgets theme check` and `theme shots`: is a theme safe, readable and whole, and what has changed.

subject.py                     one theme's folder, read as far as it can be read
manifest templates safety styles colour language performance accessibility
                               one family of rules each: from a Subject to findings
drawn.py                       every state of both cards as HTML, for rules that need no browser
browser.py  probe.js           the same in a real Chromium, measured
rules/*.toml                   what each rule says: the pages of docs/rules/ are made from it
"""
