"""The view of the glossary's page."""
