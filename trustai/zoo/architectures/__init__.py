"""The networks that trustai trains itself."""
