"""The package that is deployed: built as the tools build it, and run where nothing else of this project is in reach.

`funcignore` says what goes in, `build` makes the zip, `environment` a Python that has nothing but requirements.txt, and
`launcher` runs the unpacked app there on the embedded host.
"""
