"""Packages and their files; app.py, pages/ and models/ are installed as ``trustai._app``."""

from setuptools import find_namespace_packages, setup

setup(
    packages=[*find_namespace_packages(include=["trustai", "trustai.*"]), "trustai._app"],
    package_dir={"trustai._app": "."},
    package_data={
        "trustai": ["py.typed"],
        "trustai._app": ["app.py", "pages/*.py", "models/*/*", ".streamlit/config.toml"],
        "": ["*.js", "*.css", "*.md", "*.png", "*.jpg", "*.json", "*.txt"],
    },
    exclude_package_data={"trustai._app": ["*.md", "*.txt"]},
    include_package_data=False,
)
